#include "background.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

#include <cerrno>
#include <deque>
#include <mutex>
#include <thread>

#include "util/thread.h"

namespace famfs::background {
namespace {

struct State {
  std::mutex mutex;
  std::deque<std::function<void()>> tasks;
  std::once_flag started;
  sem_t news;
};

// Never destroyed: the thread outlives static destruction.
State& Get() {
  static auto& state = *new State;
  return state;
}

void RunNext(State& state) {
  std::function<void()> task;
  {
    std::lock_guard lock(state.mutex);
    if (state.tasks.empty()) return;
    task = std::move(state.tasks.front());
    state.tasks.pop_front();
  }
  task();
}

void Start(State& state) {
  sem_init(&state.news, 0, 0);
  StartThread("famfs", [&state] {
    for (;;) {
      while (sem_wait(&state.news) != 0 && errno == EINTR) {
      }
      RunNext(state);
    }
  }).detach();
}

}  // namespace

void Run(std::function<void()> task) {
  State& state = Get();
  std::call_once(state.started, [&state] { Start(state); });
  {
    std::lock_guard lock(state.mutex);
    state.tasks.push_back(std::move(task));
  }
  sem_post(&state.news);
}

}  // namespace famfs::background

#include "background.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "env.h"
#include "loop.h"
#include "util/semaphore.h"
#include "util/thread.h"

namespace famfs::background {
namespace {

struct State {
  std::mutex mutex;
  std::deque<std::function<void()>> tasks;
  std::vector<std::weak_ptr<Loop>> loops;
  std::once_flag started;
  Semaphore news;
  std::atomic<bool> faults{false};
};

// Never destroyed: the thread outlives static destruction.
State& Get() {
  static auto& state = *new State;
  return state;
}

void TellLoops(State& state) {
  std::lock_guard lock(state.mutex);
  auto gone = [](const std::weak_ptr<Loop>& loop) { return loop.expired(); };
  state.loops.erase(std::remove_if(state.loops.begin(), state.loops.end(), gone), state.loops.end());
  for (auto& weak : state.loops) {
    if (auto loop = weak.lock()) loop->Post([](Environment& environment) { environment.ReportFaults(); });
  }
}

void RunNext(State& state) {
  if (state.faults.exchange(false)) TellLoops(state);
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
  StartThread("famfs", [&state] {
    for (;;) {
      state.news.Wait();
      RunNext(state);
    }
  }).detach();
}

State& Started() {
  State& state = Get();
  std::call_once(state.started, [&state] { Start(state); });
  return state;
}

}  // namespace

void Prepare() { Started(); }

void FaultNews() {
  State& state = Get();
  state.faults = true;
  state.news.Post();
}

void AddLoop(std::weak_ptr<Loop> loop) {
  State& state = Started();
  std::lock_guard lock(state.mutex);
  state.loops.push_back(std::move(loop));
}

void Run(std::function<void()> task) {
  State& state = Started();
  {
    std::lock_guard lock(state.mutex);
    state.tasks.push_back(std::move(task));
  }
  state.news.Post();
}

}  // namespace famfs::background

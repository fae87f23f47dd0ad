#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "loop.h"
#include "wait.h"

namespace famfs {

// One thread an environment that looks at the words others wait for, as often as the most eager of them wants.
class Waiter {
 public:
  explicit Waiter(std::shared_ptr<Loop> loop) : loop_(std::move(loop)) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  void Add(std::shared_ptr<Wait> wait);
  // Looks at all waits now: one was cancelled, or a mapping closed.
  void Nudge();
  void Stop();

 private:
  using Waits = std::vector<std::shared_ptr<Wait>>;

  void Run();
  bool TakeNews(Waits& waits);
  // Ends what has ended; how long the rest may sleep.
  uint64_t PollAll(Waits& waits, uint64_t now);
  void End(const std::shared_ptr<Wait>& wait, int error, uint64_t now);
  void Sleep(const Waits& waits, uint64_t until);

  std::shared_ptr<Loop> loop_;
  std::thread thread_;
  std::mutex mutex_;
  Waits added_;
  std::atomic<uint32_t> news_{0};  // counts; the thread sleeps on it
  uint32_t seen_ = 0;              // of the thread
  std::atomic<bool> stopped_{false};
  uint64_t spin_;  // of the thread: about twice what recent short waits took
};

}  // namespace famfs

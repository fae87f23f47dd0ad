#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "loop.h"
#include "util/semaphore.h"

namespace famfs {

// Long work in pieces. `step` does one piece and returns 0 or an errno; ECANCELED ends it quietly.
struct Job {
  uint64_t callback;  // the environment's number for onStep(done, errno)
  uint64_t total;
  std::function<int(uint64_t offset, uint64_t length)> step;
  uint64_t done = 0;
  std::atomic<bool> cancelled{false};
  std::atomic<bool> unread_progress{false};
};

// One thread an environment that works at its jobs in turn, a piece of each, so that none waits for a long one.
class Worker {
 public:
  explicit Worker(std::shared_ptr<Loop> loop) : loop_(std::move(loop)) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Starts the thread where it does not run yet; throws std::system_error where the system allows no more threads.
  void Start();
  void Add(std::shared_ptr<Job> job);
  // Ends after the piece at hand; jobs left are dropped.
  void Stop();

 private:
  void Run();
  std::shared_ptr<Job> Next();
  bool DoPiece(const std::shared_ptr<Job>& job);
  void Report(const std::shared_ptr<Job>& job, int error);

  std::shared_ptr<Loop> loop_;
  std::thread thread_;
  Semaphore news_;  // posted once for each job in line, and at the stop
  std::mutex mutex_;
  std::deque<std::shared_ptr<Job>> jobs_;
  bool stopped_ = false;
};

}  // namespace famfs

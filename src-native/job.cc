#include "job.h"

#include <algorithm>
#include <cerrno>

#include "env.h"
#include "util/thread.h"

namespace famfs {
namespace {

// Small, because the kernel makes every mmap of the process wait for a piece, and a cancelled job ends with its piece;
// large enough that the calls cost nothing beside the work.
constexpr uint64_t kPiece = 4ull << 20;

}  // namespace

void Worker::Start() {
  std::lock_guard lock(mutex_);
  if (!thread_.joinable()) thread_ = StartThread("famfs-worker", [this] { Run(); });
}

void Worker::Add(std::shared_ptr<Job> job) {
  {
    std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  news_.Post();
}

void Worker::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  news_.Post();
  if (thread_.joinable()) thread_.join();
  jobs_.clear();
}

void Worker::Run() {
  while (auto job = Next()) {
    if (DoPiece(job)) Add(std::move(job));
  }
}

// Waits for it; null at the stop.
std::shared_ptr<Job> Worker::Next() {
  news_.Wait();
  std::lock_guard lock(mutex_);
  if (stopped_) return nullptr;
  auto job = std::move(jobs_.front());
  jobs_.pop_front();
  return job;
}

bool Worker::DoPiece(const std::shared_ptr<Job>& job) {
  uint64_t length = std::min(kPiece, job->total - job->done);
  int error = job->cancelled ? ECANCELED : job->step(job->done, length);
  if (error == 0) job->done += length;
  bool finished = error != 0 || job->done == job->total;
  if (finished) job->step = nullptr;  // lets go of what it pins before anybody hears of the end
  if (finished || !job->unread_progress.exchange(true)) Report(job, error);
  return !finished;
}

void Worker::Report(const std::shared_ptr<Job>& job, int error) {
  loop_->Post([job, done = job->done, error](Environment& environment) {
    job->unread_progress = false;
    environment.ReportJob(*job, done, error);
  });
}

}  // namespace famfs

#include "job.h"

#include <algorithm>
#include <cerrno>

#include "env.h"
#include "util/thread.h"

namespace famfs {
namespace {

// Small enough that a cancelled job ends within some 10 ms, large enough that the calls cost nothing beside the work.
constexpr uint64_t kPiece = 16ull << 20;

}  // namespace

void Worker::Start() {
  std::lock_guard lock(mutex_);
  if (!thread_.joinable()) thread_ = StartThread("famfs-worker", [this] { Run(); });
}

void Worker::Add(std::shared_ptr<Job> job) {
  std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  news_.notify_one();
}

void Worker::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    news_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  jobs_.clear();
}

void Worker::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    news_.wait(lock, [this] { return stopped_ || !jobs_.empty(); });
    if (stopped_) return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    bool more = DoPiece(job);
    lock.lock();
    if (more) jobs_.push_back(std::move(job));
  }
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

#pragma once

#include <semaphore.h>

#include <cerrno>

namespace famfs {

// A counting semaphore. Not std::condition_variable: a signal handler may post to this, and old C++ libraries have it.
class Semaphore {
 public:
  Semaphore() { sem_init(&semaphore_, 0, 0); }
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;
  ~Semaphore() { sem_destroy(&semaphore_); }

  // Async-signal-safe.
  void Post() { sem_post(&semaphore_); }
  void Wait() {
    while (sem_wait(&semaphore_) != 0 && errno == EINTR) {
    }
  }

 private:
  sem_t semaphore_;
};

}  // namespace famfs

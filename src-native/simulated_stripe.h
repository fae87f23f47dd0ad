#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>

#include "simulated_line.h"

namespace famfs::simulated {

// A lock for a share of the lines. It is a robust mutex: when its holder is killed the kernel frees it and the next one
// is told, who then repairs the line that was at work. Holders do nothing but move one line.
struct alignas(kLineSize) Stripe {
  pthread_mutex_t mutex;
  // The line at work and what is being done to it (Work), 0 where none is. Stored only while the lock is held.
  std::atomic<uint64_t> at_work;
  // What that line is to become, where a line is not stored at once.
  Line redo;
};

void InitStripe(Stripe& stripe);

enum class Work : uint64_t { kFetch = 0, kStore = 1 };

// Says, while the stripe is held, which line would need repair.
class AtWork {
 public:
  AtWork(Stripe& stripe, uint64_t index, Work work) : stripe_(stripe) {
    stripe.at_work.store((index + 1) << 1 | static_cast<uint64_t>(work), std::memory_order_seq_cst);
  }
  ~AtWork() { stripe_.at_work.store(0, std::memory_order_seq_cst); }
  AtWork(const AtWork&) = delete;
  AtWork& operator=(const AtWork&) = delete;

 private:
  Stripe& stripe_;
};

// For tests: the process kills itself the next time but `times` that a line is half moved.
void DieHalfway(uint32_t times);
// A line is half moved.
void Halfway();

// Stops the process (SIGSTOP) while none of its threads holds a stripe: others of the host would wait for it.
void StopOutside();

// Keeps StopOutside waiting as long as this thread holds a stripe, or waits for one.
class Inside {
 public:
  Inside();
  ~Inside();
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
};

// Holds a stripe, unless `wait` is false and somebody else does.
class StripeLock {
 public:
  StripeLock(Stripe& stripe, bool wait);
  ~StripeLock();
  StripeLock(const StripeLock&) = delete;
  StripeLock& operator=(const StripeLock&) = delete;

  bool held() const { return held_; }
  // True once, after a holder died: at_work may name a line to repair.
  bool inherited() const { return inherited_; }

 private:
  Inside inside_;
  Stripe& stripe_;
  bool held_;
  bool inherited_ = false;
};

}  // namespace famfs::simulated

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "memory.h"
#include "region.h"

namespace famfs {

// How a waiting thread spends its time; lib/memory/wait.ts has the same numbers.
enum class Idle : uint32_t { kSpin = 0, kBalanced = 1, kIdle = 2 };

// What ends a wait. 32 bits compare with wrap-around.
struct Condition {
  bool at_least;  // else: not equal
  bool wide;
  uint64_t value;

  bool HoldsFor(uint64_t found) const {
    if (!at_least) return found != value;
    if (wide) return found >= value;
    return static_cast<int32_t>(static_cast<uint32_t>(found) - static_cast<uint32_t>(value)) >= 0;
  }
};

// Nanoseconds of CLOCK_MONOTONIC.
uint64_t Now();

// Somebody waiting until a word in shared memory changes.
struct Wait {
  Word word;
  Treatment treatment;
  Condition condition;
  Idle idle;
  uint32_t* waiters = nullptr;  // set to 1 before sleeping on the word itself; null: poll
  uint64_t started;
  uint64_t deadline;

  // Of waits on the waiter thread.
  uint64_t number = 0;
  std::shared_ptr<void> pin;
  std::atomic<bool> cancelled{false};

  uint64_t found = 0;  // the word, when it was looked at last

  // Looks at the word. -1: goes on; 0: the condition holds; else an errno: ETIMEDOUT, ECANCELED (closed), EIO (the
  // memory is gone).
  int Poll(uint64_t now);
  // Says that the word is slept on, and looks at it once more. False: do not sleep.
  bool AnnounceSleep();
};

// How long a wait may sleep before it looks again; 0: not at all. `spin` is how long it spins first.
uint64_t PauseOf(const Wait& wait, uint64_t now, uint64_t spin);

// Waits on the calling thread; returns as Poll does, never -1.
int WaitHere(Wait& wait);

}  // namespace famfs

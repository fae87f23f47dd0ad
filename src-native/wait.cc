#include "wait.h"

#include <algorithm>
#include <cerrno>

#include "commit.h"
#include "futex.h"

namespace famfs {
namespace {

constexpr uint64_t kMicrosecond = 1000;

// A wake that gets lost (its sender died between store and wake) costs at most this.
constexpr uint64_t kSlice = 20000 * kMicrosecond;

// Sleeps grow with the time already waited, so that what is late stays a fraction of it.
struct Growth {
  uint64_t divisor, least, most;
};
constexpr Growth kBalancedGrowth{8, 20 * kMicrosecond, 1000 * kMicrosecond};
constexpr Growth kIdleGrowth{4, 100 * kMicrosecond, 20000 * kMicrosecond};

constexpr uint64_t kSpinHere = 50 * kMicrosecond;

void SleepUntil(Wait& wait, uint64_t until) {
  if (wait.waiters == nullptr) {
    timespec at = futex::ToTimespec(until);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
  } else if (wait.AnnounceSleep()) {
    auto* word = reinterpret_cast<const uint32_t*>(wait.word.at);
    if (futex::Refuses(futex::Wait(word, static_cast<uint32_t>(wait.found), false, until))) wait.waiters = nullptr;
  }
}

}  // namespace

uint64_t Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
}

int Wait::Poll(uint64_t now) {
  int32_t status = region_table::status[treatment.slot].load(std::memory_order_acquire);
  if (cancelled.load(std::memory_order_acquire) || status == kClosed) return ECANCELED;
  found = WithMemory(treatment, [&](auto memory) { return commit::Observe(memory, word); });
  if (region_table::status[treatment.slot].load(std::memory_order_acquire) == kFailed) return EIO;
  if (condition.HoldsFor(found)) return 0;
  return now >= deadline ? ETIMEDOUT : -1;
}

bool Wait::AnnounceSleep() {
  __atomic_store_n(waiters, 1, __ATOMIC_SEQ_CST);
  found = WithMemory(treatment, [&](auto memory) { return commit::Observe(memory, word); });
  return !condition.HoldsFor(found);
}

uint64_t PauseOf(const Wait& wait, uint64_t now, uint64_t spin) {
  uint64_t age = now - wait.started;
  if (wait.idle == Idle::kSpin || (wait.idle == Idle::kBalanced && age < spin)) return 0;
  const Growth& growth = wait.idle == Idle::kBalanced ? kBalancedGrowth : kIdleGrowth;
  uint64_t pause = wait.waiters != nullptr ? kSlice : std::clamp(age / growth.divisor, growth.least, growth.most);
  return std::min(pause, wait.deadline - std::min(wait.deadline, now));
}

int WaitHere(Wait& wait) {
  for (;;) {
    uint64_t now = Now();
    int end = wait.Poll(now);
    if (end >= 0) return end;
    uint64_t pause = PauseOf(wait, now, kSpinHere);
    if (pause == 0) {
      cache::Pause();
    } else {
      SleepUntil(wait, now + pause);
    }
  }
}

}  // namespace famfs

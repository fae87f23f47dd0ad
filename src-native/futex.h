#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>

// The kernel's futexes, which C libraries do not wrap. Shared ones (not PRIVATE) are found by file and offset, so they
// work between processes that map the same file.
namespace famfs::futex {

// One word of several to sleep on: linux/futex.h has this and the flags from Linux 5.16 on.
struct Waitv {
  uint64_t value;
  uint64_t address;
  uint32_t flags;
  uint32_t reserved;
};

constexpr uint32_t k32Bits = 2;
constexpr uint32_t kPrivate = 128;
constexpr long kWaitvCall = 449;  // the same on all architectures
constexpr size_t kMaxWords = 128;

inline timespec ToTimespec(uint64_t nanoseconds) {
  return {static_cast<time_t>(nanoseconds / 1000000000), static_cast<long>(nanoseconds % 1000000000)};
}

// Sleeps while every word has its value, up to an absolute time of CLOCK_MONOTONIC. 0 or an errno.
inline int WaitAny(Waitv* words, size_t count, uint64_t deadline) {
  timespec until = ToTimespec(deadline);
  return syscall(kWaitvCall, words, count, 0, &until, CLOCK_MONOTONIC) < 0 ? errno : 0;
}

// The same for one word, on any kernel.
inline int Wait(const uint32_t* word, uint32_t value, bool is_private, uint64_t deadline) {
  timespec until = ToTimespec(deadline);
  int operation = FUTEX_WAIT_BITSET | (is_private ? FUTEX_PRIVATE_FLAG : 0);
  return syscall(SYS_futex, word, operation, value, &until, nullptr, FUTEX_BITSET_MATCH_ANY) < 0 ? errno : 0;
}

// Not an end of a sleep: a kernel before 5.16, a sandbox, or a file whose pages have no futexes.
inline bool Refuses(int error) { return error != 0 && error != EAGAIN && error != ETIMEDOUT && error != EINTR; }

inline void WakeAll(const uint32_t* word, bool is_private) {
  syscall(SYS_futex, word, FUTEX_WAKE | (is_private ? FUTEX_PRIVATE_FLAG : 0), INT32_MAX, nullptr, nullptr, 0);
}

}  // namespace famfs::futex

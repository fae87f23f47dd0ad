#include "simulated_line.h"

#include <sched.h>

#include <atomic>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace famfs::simulated {
namespace {

constexpr int kWords = kLineSize / sizeof(uint64_t);

// A writer that stores faster than we collect is taken as it is: every loop is bounded.
constexpr int kMaxCollections = 1000;

std::atomic<bool> words_only{false};

#if defined(__x86_64__)
__attribute__((target("avx512f"))) void MoveWhole(Line* to, const Line* from) {
  _mm512_store_si512(to, _mm512_load_si512(from));
}
bool CpuMovesWholeLines() {
  static const bool moves = __builtin_cpu_supports("avx512f") != 0;
  return moves;
}
#else
void MoveWhole(Line* to, const Line* from) { *to = *from; }
bool CpuMovesWholeLines() { return false; }
#endif

Line Collect(const Line& from) {
  Line line;
  for (int i = 0; i < kWords; i++) line.words[i] = __atomic_load_n(&from.words[i], __ATOMIC_ACQUIRE);
  return line;
}

Line CollectTwice(const Line& from) {
  Line last = Collect(from);
  for (int i = 0; i < kMaxCollections; i++) {
    Line next = Collect(from);
    if (next == last) break;
    last = next;
  }
  return last;
}

}  // namespace

bool Line::operator==(const Line& other) const { return memcmp(words, other.words, sizeof words) == 0; }

bool MovesWholeLines() { return CpuMovesWholeLines() && !words_only.load(std::memory_order_relaxed); }

bool MoveWords(bool on) {
  words_only.store(on, std::memory_order_relaxed);
  return CpuMovesWholeLines();
}

Line Snapshot(const Line& from) {
  if (!MovesWholeLines()) return CollectTwice(from);
  Line line;
  MoveWhole(&line, &from);
  return line;
}

void Put(Line& to, const Line& from) {
  if (MovesWholeLines()) return MoveWhole(&to, &from);
  for (int i = 0; i < kWords; i++) {
    // For tests, half moved for long: whoever does not wait for the rest shall be found.
    if (i == kWords / 2 && words_only.load(std::memory_order_relaxed)) sched_yield();
    __atomic_store_n(&to.words[i], from.words[i], __ATOMIC_RELEASE);
  }
}

}  // namespace famfs::simulated

#pragma once

#include <cstdint>

namespace famfs::simulated {

constexpr uint64_t kLineSize = 64;

struct alignas(kLineSize) Line {
  uint64_t words[8];

  bool operator==(const Line& other) const;
  bool operator!=(const Line& other) const { return !(*this == other); }
};

// Whether a line is moved by one 64-byte load and one 64-byte store. Where not, a snapshot is collected until two
// collections agree, and a store of a line is torn for whoever looks meanwhile.
bool MovesWholeLines();
// For tests: does without, where the CPU could. True where it can.
bool MoveWords(bool on);

// What a line holds that others may be storing to: a prefix of their stores.
Line Snapshot(const Line& from);
void Put(Line& to, const Line& from);

}  // namespace famfs::simulated

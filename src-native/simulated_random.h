#pragma once

#include <cstdint>

namespace famfs::simulated {

// SplitMix64: one word of state, so a run is repeated from its seed alone.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  // Of a seed and what a stream belongs to.
  static Random Stream(uint64_t seed, uint64_t host, uint64_t thread) {
    Random mixed(seed);
    uint64_t first = mixed.Next();
    Random again(first ^ (host << 32 | thread));
    return Random(again.Next());
  }

  uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  // From 0 to limit - 1.
  uint64_t Below(uint64_t limit) { return (Next() >> 11) % limit; }
  bool OneIn(uint64_t chances) { return Below(chances) == 0; }

 private:
  uint64_t state_;
};

}  // namespace famfs::simulated

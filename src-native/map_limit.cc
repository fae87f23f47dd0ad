#include "map_limit.h"

#include <atomic>
#include <cstdint>
#include <fstream>

namespace famfs::map_limit {
namespace {

std::atomic<uint64_t> taken{0};
std::atomic<uint64_t> allowed{0};

uint64_t ThreeQuarters() {
  uint64_t limit = 65530;  // the kernel's default, where /proc does not tell
  std::ifstream("/proc/sys/vm/max_map_count") >> limit;
  return limit / 4 * 3;
}

}  // namespace

bool Take() {
  uint64_t count = taken.fetch_add(1, std::memory_order_relaxed) + 1;
  if (count <= allowed.load(std::memory_order_relaxed)) return true;
  // Asked at first use, and again at the limit: it may have been raised.
  uint64_t now = ThreeQuarters();
  allowed.store(now, std::memory_order_relaxed);
  if (count <= now) return true;
  Give();
  return false;
}

void Give() { taken.fetch_sub(1, std::memory_order_relaxed); }

}  // namespace famfs::map_limit

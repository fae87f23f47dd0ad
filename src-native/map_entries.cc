#include "map_entries.h"

#include <sys/mman.h>

#include <atomic>
#include <cstdint>

#include "region.h"

namespace famfs::map_entries {
namespace {

// Neighbours of unequal protection are an entry each.
constexpr uint64_t kPages = 257;

std::atomic<uint8_t*> reserve{nullptr};

bool Split(uint8_t* begin, uint64_t page) {
  for (uint64_t odd = 1; odd < kPages; odd += 2) {
    if (mprotect(begin + odd * page, page, PROT_READ) != 0) return false;
  }
  return true;
}

}  // namespace

bool Reserve() {
  if (reserve.load(std::memory_order_relaxed) != nullptr) return true;
  uint64_t page = PageSize();
  void* pages = mmap(nullptr, kPages * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) return false;
  auto* begin = static_cast<uint8_t*>(pages);
  uint8_t* none = nullptr;
  bool split = Split(begin, page);
  if (!split || !reserve.compare_exchange_strong(none, begin)) munmap(begin, kPages * page);
  return split;
}

void Spend() {
  uint8_t* begin = reserve.exchange(nullptr);
  if (begin != nullptr) munmap(begin, kPages * PageSize());
}

}  // namespace famfs::map_entries

#include "map_entries.h"

#include <sys/mman.h>

#include <atomic>
#include <cstdint>

#include "region.h"

namespace famfs::map_entries {
namespace {

// Neighbours of unequal protection are an entry each; the outer two may have merged with what is beside them.
constexpr uint64_t kPages = 7;

std::atomic<uint8_t*> reserve{nullptr};

}  // namespace

void Reserve() {
  if (reserve.load() != nullptr) return;
  uint64_t page = PageSize();
  void* pages = mmap(nullptr, kPages * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) return;
  auto* begin = static_cast<uint8_t*>(pages);
  for (uint64_t odd = 1; odd < kPages; odd += 2) mprotect(begin + odd * page, page, PROT_READ);
  uint8_t* none = nullptr;
  if (!reserve.compare_exchange_strong(none, begin)) munmap(begin, kPages * page);
}

void Spend() {
  uint8_t* begin = reserve.exchange(nullptr);
  if (begin != nullptr) munmap(begin, kPages * PageSize());
}

}  // namespace famfs::map_entries

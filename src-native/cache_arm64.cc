#if defined(__aarch64__)

#include <cstdlib>
#include <cstring>

#include "cache.h"

// DC CVAC and DC CIVAC work to the point of coherency of this host. Nothing architectural promises that a CXL device
// lies behind it: docs/memory-model.md.
namespace famfs::cache {
namespace {

constexpr const char* kWriteBack = "dc cvac";
constexpr const char* kInvalidate = "dc civac";
const char* const kAvailable[] = {kWriteBack, kInvalidate, nullptr};

uint32_t LineSize() {
  uint64_t ctr;
  asm volatile("mrs %0, ctr_el0" : "=r"(ctr));
  return 4u << ((ctr >> 16) & 0xf);  // DminLine: the smallest line of all data caches, in words of 4 bytes
}

const uint8_t* LineOf(const uint8_t* at, size_t line) {
  return reinterpret_cast<const uint8_t*>(reinterpret_cast<uintptr_t>(at) & ~(static_cast<uintptr_t>(line) - 1));
}

Support Choose() {
  // Read once, before anything of ours could change it.
  const char* forced = getenv("FAMFS_WRITEBACK");  // NOLINT(concurrency-mt-unsafe)
  if (forced != nullptr && *forced == '\0') forced = nullptr;
  bool usable = forced == nullptr || strcmp(forced, kWriteBack) == 0 || strcmp(forced, kInvalidate) == 0;
  const char* write_back = forced != nullptr && strcmp(forced, kInvalidate) == 0 ? kInvalidate : kWriteBack;
  return Support{kAvailable, forced, usable ? write_back : nullptr, usable ? kInvalidate : nullptr, LineSize()};
}

const Support support_now = Choose();

}  // namespace

const Support& GetSupport() { return support_now; }

void WriteBack(const uint8_t* at, size_t length) {
  if (length == 0) return;
  size_t line = support_now.line_size;
  const uint8_t* end = at + length;
  bool drop = support_now.write_back == kInvalidate;
  FullFence();
  for (at = LineOf(at, line); at < end; at += line) {
    if (drop) {
      asm volatile("dc civac, %0" ::"r"(at) : "memory");
    } else {
      asm volatile("dc cvac, %0" ::"r"(at) : "memory");
    }
  }
}

void Invalidate(const uint8_t* at, size_t length) {
  if (length == 0) return;
  size_t line = support_now.line_size;
  const uint8_t* end = at + length;
  for (at = LineOf(at, line); at < end; at += line) asm volatile("dc civac, %0" ::"r"(at) : "memory");
}

// DMB does not wait for cache maintenance, DSB does.
void StoreFence() { asm volatile("dsb sy" ::: "memory"); }
void FullFence() { asm volatile("dsb sy" ::: "memory"); }
void Pause() { asm volatile("isb" ::: "memory"); }

}  // namespace famfs::cache

#endif

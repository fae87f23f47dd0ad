#pragma once

#include <atomic>
#include <cstdint>

namespace famfs {

// What JavaScript reads of a mapping without a native call (lib/memory/region.ts has the same numbers).
enum Status : int32_t { kClosed = 0, kOpen = 1, kFailed = 2 };

// How a mapping failed; lib/memory/failure.ts has the same numbers.
enum FailureKind : uint64_t {
  kTruncated = 1,
  kPoisoned = 2,
  kNoSpace = 3,
  kDevice = 4,
  kReadOnlyStore = 5,
  kSuspect = 6,
};

// One mapped address range, for as long as the range is ours: also when its file was let go, because a fault that was
// raised before that may be handled after it. The fault handler reads slots at any moment on any thread and takes no
// lock; so a slot is filled before `begin` is stored, and what a handler uses goes only after `handlers` was seen zero.
struct alignas(64) Slot {
  std::atomic<uintptr_t> begin{0};
  std::atomic<uintptr_t> end{0};
  std::atomic<uint32_t> handlers{0};
  int fd = 0;
  uint64_t file_offset = 0;
  uint32_t device = 0;            // see File
  uint8_t granule_logarithm = 0;  // of what the device lets us replace: a page, or 2 MiB on device DAX
  bool writable = false;
  bool on_tmpfs = false;
  std::atomic<bool> let_go{false};  // anonymous memory stands in the file's place
  // The first fault, in one word because two threads may fault at once: 0, or its kind in bits 0-3, the logarithm of
  // the length that was replaced in bits 4-9 (63: up to the end), and its offset, whole pages, in the bits above.
  std::atomic<uint64_t> failure{0};
  // Where stray stores went last, in bytes from the start: a run of them is copied in growing pieces.
  std::atomic<uint64_t> run_begin{0};
  std::atomic<uint64_t> run_end{0};

  uint64_t granule() const { return 1ull << granule_logarithm; }
};
static_assert(sizeof(Slot) == 64, "one line a slot");

// The process-wide table. Slot 0 is never used: its status is closed for ever, which is what a closed mapping reads.
namespace region_table {

constexpr uint32_t kMaxRegions = 1u << 18;

extern Slot slots[kMaxRegions];
extern std::atomic<int32_t> status[kMaxRegions];
extern std::atomic<uint32_t> used;  // slots at and above this one were never filled

// Takes a free slot, or 0 where all are taken.
uint32_t Take();
// Publishes a slot to the fault handler.
void Publish(uint32_t slot, uintptr_t begin, uintptr_t end);
// The file was let go: from here on no handler uses the slot's descriptor.
void LetGo(uint32_t slot);
// Only this part of the range stays ours.
void Narrow(uint32_t slot, uintptr_t begin, uintptr_t end);
// Withdraws the slot before its range is unmapped, and gives it back.
void Give(uint32_t slot);

}  // namespace region_table
}  // namespace famfs

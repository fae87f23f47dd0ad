#include "region.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "background.h"
#include "fault_guard.h"
#include "map_limit.h"
#include "simulated.h"

namespace famfs {
namespace {

// Dropping page tables in pieces keeps every other thread's mmap and page faults from waiting for a long munmap.
constexpr uint64_t kLetGoChunk = 16ull << 20;

// Closed ranges whose ArrayBuffers were not collected yet stay reserved as a whole, because neighbours then merge into
// one entry of the kernel's table; beyond this sum only the pages that had an ArrayBuffer stay.
constexpr uint64_t kRetainedLimit = 4ull << 40;
std::atomic<uint64_t> retained{0};

// The kernel maps 2 MiB at once only where address and offset in the file are equal modulo 2 MiB.
constexpr uint64_t kHugePage = 2ull << 20;

uint64_t RoundDown(uint64_t value) { return value - value % PageSize(); }
uint64_t RoundUp(uint64_t value) { return RoundDown(value + PageSize() - 1); }

// A slot for one more mapping, or 0 where there are too many.
uint32_t TakeSlot() {
  if (!map_limit::Take()) return 0;
  uint32_t slot = region_table::Take();
  if (slot == 0) map_limit::Give();
  return slot;
}

struct Placement {
  void* address;
  int flags;
};

void* MapAt(const Placement& where, const File& file, const MapRequest& request, uint64_t length) {
  int protection = request.writable ? PROT_READ | PROT_WRITE : PROT_READ;
  auto offset = static_cast<off_t>(request.offset);
  return mmap(where.address, length, protection, MAP_SHARED | where.flags, file.fd.get(), offset);
}

// Where a larger range is found first, there is room to choose.
void* MapCongruent(const File& file, const MapRequest& request, uint64_t length) {
  uint64_t room = length + kHugePage;
  void* range = mmap(nullptr, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) return MapAt({nullptr, 0}, file, request, length);
  auto* begin = static_cast<uint8_t*>(range);
  uint64_t before = (request.offset - reinterpret_cast<uintptr_t>(begin)) % kHugePage;
  void* base = MapAt({begin + before, MAP_FIXED}, file, request, length);
  int error = errno;
  if (base == MAP_FAILED) {
    munmap(begin, room);
  } else {
    if (before > 0) munmap(begin, before);
    if (before < kHugePage) munmap(begin + before + length, kHugePage - before);
  }
  errno = error;
  return base;
}

// famfs asks the kernel to choose such an address by itself; this is for kernels that do not.
void* MapShared(const File& file, const MapRequest& request, uint64_t length) {
  void* base = MapAt({nullptr, 0}, file, request, length);
  bool huge = base != MAP_FAILED && file.device != 0 && length >= kHugePage;
  if (!huge || (request.offset - reinterpret_cast<uintptr_t>(base)) % kHugePage == 0) return base;
  munmap(base, length);
  return MapCongruent(file, request, length);
}

bool MapZeros(uint8_t* base, uint64_t length, int protection) {
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  return mmap(base, length, protection, kFlags, -1, 0) != MAP_FAILED;
}

}  // namespace

uint64_t PageSize() {
  static const auto size = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return size;
}

Region* Region::Map(Environment* owner, std::shared_ptr<File> file, const MapRequest& request) {
  background::Prepare();
  fault_guard::Ensure();
  uint32_t slot = TakeSlot();
  if (slot == 0) {
    errno = ENOSPC;
    return nullptr;
  }
  uint64_t granule = request.granule;
  uint64_t length = (request.length + granule - 1) / granule * granule;
  void* base = MapShared(*file, request, length);
  if (base == MAP_FAILED) {
    int error = errno;
    region_table::Give(slot);
    map_limit::Give();
    errno = error;
    return nullptr;
  }
  Slot& entry = region_table::slots[slot];
  entry.fd = file->fd.get();
  entry.file_offset = request.offset;
  entry.on_tmpfs = file->on_tmpfs;
  entry.writable = request.writable;
  entry.device = file->device;
  entry.granule_logarithm = static_cast<uint8_t>(__builtin_ctz(request.granule));
  if (file->copy != nullptr) simulated::Bind(slot, {file->copy, reinterpret_cast<uintptr_t>(base), request.offset});
  auto* region = new Region(owner, std::move(file), slot, static_cast<uint8_t*>(base), length);
  auto begin = reinterpret_cast<uintptr_t>(base);
  region_table::Publish(slot, begin, begin + length);
  return region;
}

void PageRange::Add(uint64_t offset, uint64_t length) {
  begin = std::min(begin, RoundDown(offset));
  end = std::max(end, RoundUp(offset + length));
}

Region::Region(Environment* owner, std::shared_ptr<File> file, uint32_t slot, uint8_t* base, uint64_t length)
    : owner_(owner), file_(std::move(file)), slot_(slot), base_(base), length_(length) {}

std::shared_ptr<void> Region::Pin(uint64_t offset, uint64_t length) {
  touched_.Add(offset, length);
  pins_.fetch_add(1, std::memory_order_relaxed);
  return std::shared_ptr<void>(static_cast<void*>(this), [](void* self) { static_cast<Region*>(self)->Unpin(); });
}

void Region::Unpin() {
  if (pins_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  background::Run([this] { LetGo(); });
}

void Region::Hold(uint64_t offset, uint64_t length) {
  touched_.Add(offset, length);
  exposed_.Add(offset, length);
  holds_.fetch_add(1, std::memory_order_relaxed);
}

bool Region::Release() {
  bool close = forgotten_ && !closed();
  uint32_t before = holds_.fetch_sub(1, std::memory_order_acq_rel);
  if (before != 1) return close && before == 2;
  background::Run([this] {
    region_table::Give(slot_);
    if (length_ > 0) munmap(base_, length_);
    retained.fetch_sub(length_, std::memory_order_relaxed);
    map_limit::Give();
    delete this;
  });
  return false;
}

bool Region::Forget() {
  forgotten_ = true;
  return holds_.load(std::memory_order_acquire) == 1;
}

bool Region::Close(std::function<void()> released) {
  closed_.store(true, std::memory_order_release);
  if (touched_.empty()) {
    simulated::Unbind(slot_);
    region_table::Give(slot_);
    munmap(base_, length_);
    map_limit::Give();
    delete this;
    return true;
  }
  region_table::status[slot_].store(kClosed, std::memory_order_release);
  released_ = std::move(released);
  Unpin();
  return false;
}

void Region::LetGo() {
  for (uint64_t at = touched_.begin; at < touched_.end; at += kLetGoChunk) {
    madvise(base_ + at, std::min(kLetGoChunk, touched_.end - at), MADV_DONTNEED);
  }
  constexpr int kWritable = PROT_READ | PROT_WRITE;
  if (!MapZeros(base_, length_, kWritable)) {
    // Read-only where the system accounts every page that may be written: a late store is contained like other faults.
    MapZeros(base_, length_, PROT_READ);
  }
  simulated::Unbind(slot_);
  region_table::LetGo(slot_);
  file_.reset();
  if (retained.fetch_add(length_, std::memory_order_relaxed) + length_ > kRetainedLimit) KeepOnlyExposed();
  if (released_) released_();
  Release();
}

void Region::KeepOnlyExposed() {
  uint64_t begin = exposed_.empty() ? length_ : exposed_.begin;
  uint64_t end = exposed_.empty() ? length_ : exposed_.end;
  auto base = reinterpret_cast<uintptr_t>(base_);
  region_table::Narrow(slot_, base + begin, base + end);
  if (begin > 0) munmap(base_, begin);
  if (end < length_) munmap(base_ + end, length_ - end);
  retained.fetch_sub(length_ - (end - begin), std::memory_order_relaxed);
  base_ += begin;
  length_ = end - begin;
}

}  // namespace famfs

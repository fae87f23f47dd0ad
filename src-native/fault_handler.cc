#include "fault_handler.h"

#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "background.h"
#include "file.h"
#include "region.h"
#include "region_table.h"

namespace famfs::fault_handler {
namespace {

constexpr uint64_t kToTheEnd = 63;
// A run of stray stores is copied in pieces that double up to this, else a loop over a large mapping would take hours
// and all of the kernel's entries for mappings.
constexpr uint64_t kLargestCopy = 64ull << 20;

enum class Cause { kGone, kPoisoned, kStore };

// Addresses.
struct Range {
  uintptr_t begin;
  uintptr_t end;
  uint64_t length() const { return end - begin; }
};

struct Part {
  FailureKind kind;
  Range range;
};

// Holds a slot while a handler works on it: region_table waits for it before anything goes that is used here.
class Visit {
 public:
  Visit(uint32_t number, uintptr_t address) : number_(number), slot_(region_table::slots[number]) {
    slot_.handlers.fetch_add(1, std::memory_order_seq_cst);
    whole_.begin = slot_.begin.load(std::memory_order_seq_cst);
    whole_.end = slot_.end.load(std::memory_order_seq_cst);
    inside_ = whole_.begin != 0 && address >= whole_.begin && address < whole_.end;
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  ~Visit() { slot_.handlers.fetch_sub(1, std::memory_order_release); }

  bool inside() const { return inside_; }
  uint32_t number() const { return number_; }
  Slot& slot() const { return slot_; }
  const Range& whole() const { return whole_; }

 private:
  const uint32_t number_;
  Slot& slot_;
  Range whole_;
  bool inside_;
};

bool Near(const Slot& slot, uintptr_t address) {
  uintptr_t begin = slot.begin.load(std::memory_order_acquire);
  return begin != 0 && address >= begin && address < slot.end.load(std::memory_order_relaxed);
}

// Whether the processor was fetching an instruction there. What else is refused in a readable mapping is a store.
bool IsFetch(void* context, uintptr_t address) {
  const mcontext_t& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return static_cast<uintptr_t>(machine.gregs[REG_RIP]) == address;
#else
  return machine.pc == address;
#endif
}

// Nothing for signals that someone sent and for faults that no replaced page would cure.
std::optional<Cause> CauseOf(int signal, const siginfo_t* info, void* context) {
  if (info->si_code <= 0 || info->si_code == SI_KERNEL) return std::nullopt;
  if (signal == SIGSEGV) {
    bool store = info->si_code == SEGV_ACCERR && !IsFetch(context, reinterpret_cast<uintptr_t>(info->si_addr));
    return store ? std::optional(Cause::kStore) : std::nullopt;
  }
  if (info->si_code == BUS_ADRALN) return std::nullopt;
  bool poisoned = info->si_code == BUS_MCEERR_AR || info->si_code == BUS_MCEERR_AO;
  return poisoned ? Cause::kPoisoned : Cause::kGone;
}

// The aligned piece around an address, as far as it is inside of the mapping.
Range Piece(const Visit& visit, uintptr_t address, uint64_t size) {
  uintptr_t start = address - address % size;
  return {std::max(start, visit.whole().begin), std::min(start + size, visit.whole().end)};
}

bool IsFull(const Slot& slot) {
  struct statfs system;
  return slot.on_tmpfs && fstatfs(slot.fd, &system) == 0 && system.f_blocks != 0 && system.f_bavail == 0;
}

Part GonePart(const Visit& visit, uintptr_t address) {
  const Slot& slot = visit.slot();
  auto size = CachedSize(slot.fd);
  if (size) {
    uint64_t file_end = *size + slot.granule() - 1 - (*size + slot.granule() - 1) % slot.granule();
    if (slot.file_offset + (address - visit.whole().begin) >= file_end) {
      uint64_t start = file_end > slot.file_offset ? file_end - slot.file_offset : 0;
      return {kTruncated, {visit.whole().begin + start, visit.whole().end}};
    }
  }
  return {IsFull(slot) ? kNoSpace : kDevice, Piece(visit, address, slot.granule())};
}

Part PoisonedPart(const Visit& visit, const siginfo_t* info, uintptr_t address) {
  uint64_t poisoned = info->si_addr_lsb > 0 && info->si_addr_lsb < 40 ? 1ull << info->si_addr_lsb : 0;
  return {kPoisoned, Piece(visit, address, std::max<uint64_t>(visit.slot().granule(), poisoned))};
}

Part StorePart(const Visit& visit, uintptr_t address) {
  Slot& slot = visit.slot();
  Range piece = Piece(visit, address, slot.granule());
  uint64_t offset = piece.begin - visit.whole().begin;
  uint64_t run_begin = slot.run_begin.load(std::memory_order_relaxed);
  uint64_t run_end = slot.run_end.load(std::memory_order_relaxed);
  if (run_end == offset && run_begin < run_end) {
    uint64_t size = std::min(run_end - run_begin, kLargestCopy);
    size = std::max<uint64_t>(size - size % slot.granule(), slot.granule());
    piece.end = std::min(piece.begin + size, visit.whole().end);
  } else {
    slot.run_begin.store(offset, std::memory_order_relaxed);
  }
  slot.run_end.store(piece.end - visit.whole().begin, std::memory_order_relaxed);
  return {kReadOnlyStore, piece};
}

bool MapZeros(const Range& range, int protection) {
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  return mmap(reinterpret_cast<void*>(range.begin), range.length(), protection, kFlags, -1, 0) != MAP_FAILED;
}

// Puts zeros where the part was; returns what was replaced in the end.
std::optional<Range> ReplaceByZeros(const Visit& visit, const Range& part, Cause cause) {
  constexpr int kWritable = PROT_READ | PROT_WRITE;
  if (MapZeros(part, kWritable)) return part;
  // Where the system accounts every page that may be written: a store into these zeros is the next fault, of one page.
  bool for_loads = cause != Cause::kStore;
  if (for_loads && MapZeros(part, PROT_READ)) return part;
  // The kernel's table of mappings is full, so this one may not be cut in three: it goes as a whole.
  if (MapZeros(visit.whole(), kWritable)) return visit.whole();
  if (for_loads && MapZeros(visit.whole(), PROT_READ)) return visit.whole();
  return std::nullopt;
}

// Puts a private, writable copy where the store went. Not MAP_PRIVATE of the file: device DAX refuses that.
bool ReplaceByCopy(const Visit& visit, const Range& part) {
  auto* page = reinterpret_cast<void*>(part.begin);
  uint64_t length = part.length();
  void* copy = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (copy == MAP_FAILED) return false;
  // Through the kernel: memory that is gone is an error then, no second signal. What stays zero is known to be suspect.
  iovec to{copy, length};
  iovec from{page, length};
  if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) < 0) {
    uint64_t offset = visit.slot().file_offset + (part.begin - visit.whole().begin);
    (void)!pread(visit.slot().fd, copy, length, static_cast<off_t>(offset));
  }
  if (mremap(copy, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, page) != MAP_FAILED) return true;
  munmap(copy, length);
  return false;
}

uint64_t Pack(const Visit& visit, const Part& part) {
  uint64_t offset = part.range.begin - visit.whole().begin;
  bool to_the_end = part.range.end == visit.whole().end;
  uint64_t logarithm = to_the_end ? kToTheEnd : 64 - static_cast<uint64_t>(__builtin_clzll(part.range.length() - 1));
  return offset | logarithm << 4 | part.kind;
}

// Before anything is replaced: who reads zeros and then the status must find the mapping failed.
void Record(const Visit& visit, const Part& part) {
  uint64_t none = 0;
  visit.slot().failure.compare_exchange_strong(none, Pack(visit, part), std::memory_order_acq_rel);
  int32_t open = kOpen;
  if (region_table::status[visit.number()].compare_exchange_strong(open, kFailed, std::memory_order_acq_rel)) {
    background::FaultNews();
  }
}

// Whether the kernel gave up the whole device, not only this part of a file.
bool LostDevice(const Visit& visit, const Part& part) {
  const Slot& slot = visit.slot();
  if (slot.device == 0 || part.kind == kReadOnlyStore) return false;
  if (part.kind == kPoisoned) return true;
  char byte;
  uint64_t offset = slot.file_offset + (part.range.begin - visit.whole().begin);
  return pread(slot.fd, &byte, 1, static_cast<off_t>(offset)) < 0 && (errno == ENODEV || errno == EHWPOISON);
}

void RecordMore(const Visit& visit, const Part& part, const Range& replaced) {
  uint64_t recorded = Pack(visit, part);
  visit.slot().failure.compare_exchange_strong(recorded, Pack(visit, {part.kind, replaced}), std::memory_order_acq_rel);
}

bool Replace(const Visit& visit, const Part& part, Cause cause) {
  if (cause == Cause::kStore && !visit.slot().writable && ReplaceByCopy(visit, part.range)) return true;
  auto replaced = ReplaceByZeros(visit, part.range, cause);
  if (!replaced) return false;
  if (replaced->length() != part.range.length()) RecordMore(visit, part, *replaced);
  return true;
}

bool ContainIn(const Visit& visit, Cause cause, const siginfo_t* info, uintptr_t address) {
  const Slot& slot = visit.slot();
  if (slot.let_go.load(std::memory_order_seq_cst)) {
    return ReplaceByZeros(visit, Piece(visit, address, slot.granule()), Cause::kStore).has_value();
  }
  if (cause == Cause::kStore && slot.writable) {
    // Only where an earlier fault left zeros that cannot be written.
    bool failed = region_table::status[visit.number()].load(std::memory_order_acquire) != kOpen;
    return failed && ReplaceByZeros(visit, Piece(visit, address, slot.granule()), cause).has_value();
  }
  Part part = cause == Cause::kStore      ? StorePart(visit, address)
              : cause == Cause::kPoisoned ? PoisonedPart(visit, info, address)
                                          : GonePart(visit, address);
  Record(visit, part);
  if (LostDevice(visit, part)) FailDevice(slot.device);
  return Replace(visit, part, cause);
}

}  // namespace

void FailDevice(uint32_t device) {
  uint32_t used = region_table::used.load(std::memory_order_acquire);
  for (uint32_t number = 1; number < used; number++) {
    Visit visit(number, 0);
    bool there = visit.whole().begin != 0 && !visit.slot().let_go.load(std::memory_order_seq_cst);
    if (there && visit.slot().device == device) Record(visit, {kSuspect, visit.whole()});
  }
}

bool Contain(int signal, const siginfo_t* info, void* context) {
  auto cause = CauseOf(signal, info, context);
  if (!cause) return false;
  auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  uint32_t used = region_table::used.load(std::memory_order_acquire);
  for (uint32_t number = 1; number < used; number++) {
    if (!Near(region_table::slots[number], address)) continue;
    Visit visit(number, address);
    if (visit.inside()) return ContainIn(visit, *cause, info, address);
  }
  return false;
}

}  // namespace famfs::fault_handler

#include "fault_handler.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>

#include "background.h"
#include "region.h"
#include "region_table.h"

namespace famfs::fault_handler {
namespace {

constexpr uint64_t kTmpfsMagic = 0x01021994;
constexpr uint64_t kToTheEnd = 63;

// A part of a mapping, in bytes from its start.
struct Part {
  FailureKind kind;
  uint64_t offset;
  uint64_t length;
};

// Holds a slot while a handler works on it: region_table::Give waits for it.
class Visit {
 public:
  Visit(Slot& slot, uintptr_t address) : slot_(slot) {
    slot_.handlers.fetch_add(1, std::memory_order_seq_cst);
    uintptr_t begin = slot_.begin.load(std::memory_order_seq_cst);
    inside_ = begin != 0 && address >= begin && address < slot_.end.load(std::memory_order_relaxed);
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  ~Visit() { slot_.handlers.fetch_sub(1, std::memory_order_release); }
  bool inside() const { return inside_; }

 private:
  Slot& slot_;
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

Part Piece(const Slot& slot, FailureKind kind, uint64_t offset, uint64_t size) {
  uint64_t length = slot.end.load(std::memory_order_relaxed) - slot.begin.load(std::memory_order_relaxed);
  uint64_t start = offset - offset % size;
  return {kind, start, std::min(size, length - start)};
}

// What a SIGBUS at this offset means, and what is to be replaced.
Part BusPart(const Slot& slot, const siginfo_t* info, uint64_t offset) {
  if (info->si_code == BUS_MCEERR_AR || info->si_code == BUS_MCEERR_AO) {
    uint64_t poisoned = info->si_addr_lsb > 0 && info->si_addr_lsb < 40 ? 1ull << info->si_addr_lsb : 0;
    return Piece(slot, kPoisoned, offset, std::max<uint64_t>(slot.granule, poisoned));
  }
  struct stat status;
  if (fstat(slot.fd, &status) == 0 && S_ISREG(status.st_mode)) {
    uint64_t size = static_cast<uint64_t>(status.st_size);
    uint64_t file_end = size + slot.granule - 1 - (size + slot.granule - 1) % slot.granule;
    if (slot.file_offset + offset >= file_end) {
      uint64_t start = file_end > slot.file_offset ? file_end - slot.file_offset : 0;
      uintptr_t begin = slot.begin.load(std::memory_order_relaxed);
      return {kTruncated, start, slot.end.load(std::memory_order_relaxed) - begin - start};
    }
  }
  struct statfs system;
  bool full = fstatfs(slot.fd, &system) == 0 && static_cast<uint64_t>(system.f_type) == kTmpfsMagic &&
              system.f_blocks != 0 && system.f_bavail == 0;
  return Piece(slot, full ? kNoSpace : kDevice, offset, slot.granule);
}

bool ReplaceByZeros(const Slot& slot, const Part& part) {
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  uintptr_t begin = slot.begin.load(std::memory_order_relaxed);
  auto at = [&](uint64_t offset) { return reinterpret_cast<void*>(begin + offset); };
  if (mmap(at(part.offset), part.length, PROT_READ | PROT_WRITE, kFlags, -1, 0) != MAP_FAILED) return true;
  // The kernel's table of mappings is full, so this one may not be cut in three: it goes as a whole.
  uint64_t length = slot.end.load(std::memory_order_relaxed) - begin;
  return mmap(at(0), length, PROT_READ | PROT_WRITE, kFlags, -1, 0) != MAP_FAILED;
}

// Puts a private, writable copy where the store went. Not MAP_PRIVATE of the file: device DAX refuses that.
bool ReplaceByCopy(const Slot& slot, const Part& part) {
  auto* page = reinterpret_cast<void*>(slot.begin.load(std::memory_order_relaxed) + part.offset);
  void* copy = mmap(nullptr, part.length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (copy == MAP_FAILED) return ReplaceByZeros(slot, part);
  // Through the kernel: memory that is gone is an error then, no second signal. What stays zero is known to be suspect.
  iovec to{copy, part.length};
  iovec from{page, part.length};
  if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) < 0) {
    (void)!pread(slot.fd, copy, part.length, static_cast<off_t>(slot.file_offset + part.offset));
  }
  if (mremap(copy, part.length, part.length, MREMAP_MAYMOVE | MREMAP_FIXED, page) != MAP_FAILED) return true;
  munmap(copy, part.length);
  return ReplaceByZeros(slot, part);
}

void Record(uint32_t number, Slot& slot, const Part& part) {
  uint64_t logarithm = part.kind == kTruncated ? kToTheEnd : 63 - static_cast<uint64_t>(__builtin_clzll(part.length));
  uint64_t none = 0;
  slot.failure.compare_exchange_strong(none, part.offset | logarithm << 4 | part.kind, std::memory_order_acq_rel);
  int32_t open = kOpen;
  if (region_table::status[number].compare_exchange_strong(open, kFailed, std::memory_order_acq_rel)) {
    background::FaultNews();
  }
}

bool ContainIn(uint32_t number, Slot& slot, int signal, const siginfo_t* info) {
  uint64_t offset = reinterpret_cast<uintptr_t>(info->si_addr) - slot.begin.load(std::memory_order_relaxed);
  Part part = signal == SIGBUS ? BusPart(slot, info, offset) : Piece(slot, kReadOnlyStore, offset, slot.granule);
  bool replaced = signal == SIGBUS ? ReplaceByZeros(slot, part) : ReplaceByCopy(slot, part);
  if (replaced) Record(number, slot, part);
  return replaced;
}

}  // namespace

bool Contain(int signal, const siginfo_t* info, void* context) {
  bool from_kernel = info->si_code > 0 && info->si_code != SI_KERNEL;
  if (!from_kernel) return false;
  if (signal == SIGBUS && info->si_code == BUS_ADRALN) return false;
  auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  if (signal == SIGSEGV && (info->si_code != SEGV_ACCERR || IsFetch(context, address))) return false;
  uint32_t used = region_table::used.load(std::memory_order_acquire);
  for (uint32_t number = 1; number < used; number++) {
    Slot& slot = region_table::slots[number];
    if (!Near(slot, address)) continue;
    Visit visit(slot, address);
    if (!visit.inside()) continue;
    if (signal == SIGSEGV && slot.writable) return false;
    return ContainIn(number, slot, signal, info);
  }
  return false;
}

}  // namespace famfs::fault_handler

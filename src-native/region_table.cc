#include "region_table.h"

#include <sched.h>

#include <mutex>
#include <vector>

namespace famfs::region_table {

Slot slots[kMaxRegions];
std::atomic<int32_t> status[kMaxRegions];
std::atomic<uint32_t> used{1};

namespace {

struct FreeSlots {
  std::mutex mutex;
  std::vector<uint32_t> list;
};

// Never destroyed: threads may still close regions while the process exits.
FreeSlots& Free() {
  static auto& free = *new FreeSlots;
  return free;
}

// A handler inside does a few system calls and takes no lock, so it leaves soon.
void AwaitHandlers(const Slot& slot) {
  while (slot.handlers.load(std::memory_order_seq_cst) != 0) sched_yield();
}

}  // namespace

uint32_t Take() {
  FreeSlots& free = Free();
  std::lock_guard lock(free.mutex);
  if (!free.list.empty()) {
    uint32_t slot = free.list.back();
    free.list.pop_back();
    return slot;
  }
  uint32_t slot = used.load(std::memory_order_relaxed);
  if (slot == kMaxRegions) return 0;
  used.store(slot + 1, std::memory_order_release);
  return slot;
}

void Publish(uint32_t slot, uintptr_t begin, uintptr_t end) {
  Slot& entry = slots[slot];
  entry.failure.store(0, std::memory_order_relaxed);
  entry.run_begin.store(0, std::memory_order_relaxed);
  entry.run_end.store(0, std::memory_order_relaxed);
  entry.let_go.store(false, std::memory_order_relaxed);
  entry.end.store(end, std::memory_order_relaxed);
  entry.begin.store(begin, std::memory_order_release);
  status[slot].store(kOpen, std::memory_order_release);
}

void LetGo(uint32_t slot) {
  slots[slot].let_go.store(true, std::memory_order_seq_cst);
  AwaitHandlers(slots[slot]);
}

void Narrow(uint32_t slot, uintptr_t begin, uintptr_t end) {
  slots[slot].end.store(end, std::memory_order_seq_cst);
  slots[slot].begin.store(begin, std::memory_order_seq_cst);
  AwaitHandlers(slots[slot]);
}

void Give(uint32_t slot) {
  Slot& entry = slots[slot];
  status[slot].store(kClosed, std::memory_order_release);
  entry.begin.store(0, std::memory_order_seq_cst);
  AwaitHandlers(entry);
  FreeSlots& free = Free();
  std::lock_guard lock(free.mutex);
  free.list.push_back(slot);
}

}  // namespace famfs::region_table

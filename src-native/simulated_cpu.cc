#include "simulated_cpu.h"

#include <sched.h>

#include <algorithm>

#include "cache.h"
#include "simulated_device.h"
#include "simulated_scheduler.h"

namespace famfs::simulated {
namespace {

thread_local std::vector<std::unique_ptr<Cpu>> cpus;

// Where threads race for real, one that stands still now and then meets the others in more places.
void Dawdle(Random& random) {
  if (random.OneIn(64)) sched_yield();
  if (!random.OneIn(16)) return;
  for (uint64_t i = random.Below(64); i > 0; i--) cache::Pause();
}

}  // namespace

Cpu& Cpu::Of(const std::shared_ptr<Copy>& copy) {
  for (auto& cpu : cpus) {
    if (&cpu->copy_ == copy.get() && !cpu->alive_.expired()) return *cpu;
  }
  auto gone = [](const std::unique_ptr<Cpu>& cpu) { return cpu->alive_.expired(); };
  cpus.erase(std::remove_if(cpus.begin(), cpus.end(), gone), cpus.end());
  cpus.push_back(std::make_unique<Cpu>(copy, copy->device().NumberThread()));
  return *cpus.back();
}

Cpu::Cpu(const std::shared_ptr<Copy>& copy, uint32_t thread)
    : alive_(copy),
      copy_(*copy),
      random_(Random::Stream(copy->device().seed(), copy->host(), thread)),
      fenced_(copy->device().Now()) {}

void Cpu::Moment() {
  Device& device = copy_.device();
  if (!pending_.empty() && random_.OneIn(4)) {
    size_t at = random_.Below(pending_.size());
    if (!device.IsSpared(pending_[at].index)) Complete(at);
  }
  scheduler::Step(device, random_, &copy_);
  if (device.background()) Dawdle(random_);
}

void Cpu::WriteBack(uint64_t index) {
  copy_.Touch(index);
  if (random_.OneIn(2)) {
    pending_.push_back({index, false});
  } else {
    copy_.WriteBack(index, true);
  }
}

// Now, later up to the next full fence, or earlier down to the last one.
void Cpu::Invalidate(uint64_t index, bool to_read) {
  copy_.Touch(index);
  copy_.line(index).reader.store(to_read ? 1 : 0, std::memory_order_relaxed);
  switch (random_.Below(3)) {
    case 0:
      return copy_.Invalidate(index);
    case 1:
      return copy_.InvalidateEarlier(index, fenced_);
    default:
      pending_.push_back({index, true});
  }
}

void Cpu::StoreFence() {
  auto complete = [this](const Pending& pending) {
    copy_.WriteBack(pending.index, true);
    return !pending.invalidate;
  };
  pending_.erase(std::remove_if(pending_.begin(), pending_.end(), complete), pending_.end());
}

bool Cpu::CompleteOne() {
  if (pending_.empty()) return false;
  Complete(random_.Below(pending_.size()));
  return true;
}

void Cpu::Complete(size_t at) {
  Pending one = pending_[at];
  pending_[at] = pending_.back();
  pending_.pop_back();
  if (one.invalidate) {
    copy_.Invalidate(one.index);
  } else {
    copy_.WriteBack(one.index, true);
  }
}

void Cpu::FullFence() {
  while (CompleteOne()) {
  }
  std::atomic_thread_fence(std::memory_order_seq_cst);
  fenced_ = copy_.device().Now();
}

void Cpu::StoreFenceAll() {
  for (auto& cpu : cpus) {
    auto alive = cpu->alive_.lock();
    if (alive == nullptr) continue;
    cpu->Moment();
    cpu->StoreFence();
  }
}

void Cpu::FullFenceAll() {
  for (auto& cpu : cpus) {
    auto alive = cpu->alive_.lock();
    if (alive == nullptr) continue;
    cpu->Moment();
    cpu->FullFence();
  }
}

}  // namespace famfs::simulated

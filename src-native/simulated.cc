#include "simulated.h"

#include <algorithm>
#include <utility>

#include "memory.h"
#include "region_table.h"
#include "simulated_cpu.h"
#include "simulated_device.h"
#include "simulated_steps.h"

namespace famfs {
namespace simulated {
namespace {

using Bound = std::shared_ptr<const Binding>;

// Made at the first binding and never destroyed: threads may ask while the process exits.
std::atomic<Bound*> table{nullptr};

Bound* Table() {
  static auto* const made = new Bound[region_table::kMaxRegions];
  table.store(made, std::memory_order_release);
  return made;
}

// Accesses of this size are one: payloads are copied in such pieces, and anything may happen between them.
constexpr uint64_t kPiece = 8;

// Up to the next multiple: a piece lies in one line.
uint64_t PieceAt(const uint8_t* at, uint64_t left) {
  return std::min(kPiece - reinterpret_cast<uintptr_t>(at) % kPiece, left);
}

}  // namespace

std::shared_ptr<const Binding> Find(uint32_t slot) {
  Bound* bound = table.load(std::memory_order_acquire);
  return bound == nullptr ? nullptr : std::atomic_load(&bound[slot]);
}

void Bind(uint32_t slot, Binding binding) {
  std::atomic_store(&Table()[slot], Bound(std::make_shared<const Binding>(std::move(binding))));
}

void Unbind(uint32_t slot) {
  Bound* bound = table.load(std::memory_order_acquire);
  if (bound != nullptr) std::atomic_store(&bound[slot], Bound());
}

void StoreFence(uint32_t site) {
  if (steps::Enter(site, Step::kStoreFence)) Cpu::StoreFenceAll();
}

void FullFence(uint32_t site) {
  if (steps::Enter(site, Step::kFullFence)) Cpu::FullFenceAll();
}

namespace {

uint64_t IndexOf(const Binding& binding, const uint8_t* at) {
  return (reinterpret_cast<uintptr_t>(at) - binding.begin + binding.offset) / kLineSize;
}

// The lines that have a byte of the range, in any order: memory moves them as it likes.
template <typename Action>
void EachLine(const Binding& binding, Range range, Action action) {
  if (range.length == 0) return;
  uint64_t last = IndexOf(binding, range.at + range.length - 1);
  for (uint64_t index = IndexOf(binding, range.at); index <= last; index++) action(index);
}

// For reports. A call without a name leaves the one that is known.
void NameSite(Copy& copy, uint64_t index, uint32_t site) {
  if (site != 0) copy.line(index).site.store(copy.device().SharedSite(site), std::memory_order_relaxed);
}

// Does something to a line that is not half moved: where lines are moved in words, whoever moves one is waited for.
template <typename Action>
auto WithWholeLine(const Bound& binding, const uint8_t* at, Action action) {
  if (MovesWholeLines() || binding == nullptr) return action();
  Held held(*binding->copy, IndexOf(*binding, at), true);
  return action();
}

bool IsToRead(Step step) { return step == Step::kObserve || step == Step::kFetch || step == Step::kAgain; }

}  // namespace
}  // namespace simulated

using simulated::Copy;
using simulated::Cpu;
using simulated::EachLine;
using simulated::NameSite;
using simulated::PieceAt;
using simulated::WithWholeLine;

SimulatedMemory::SimulatedMemory(const Treatment& treatment)
    : binding_(simulated::Find(treatment.slot)), site_(treatment.site) {}

void SimulatedMemory::Moment() {
  if (binding_ == nullptr) return;
  Cpu::Of(binding_->copy).Moment();
  simulated::steps::Between();
  Cpu::Of(binding_->copy).Moment();
}

void SimulatedMemory::Store(Word word, uint64_t value) {
  Moment();
  WithWholeLine(binding_, word.at, [&] { RealMemory::Store(word, value); });
}

uint64_t SimulatedMemory::Load(Word word) {
  Moment();
  return WithWholeLine(binding_, word.at, [&] { return RealMemory::Load(word); });
}

void SimulatedMemory::CopyIn(Range to, const uint8_t* from) {
  while (to.length > 0) {
    Moment();
    uint64_t piece = PieceAt(to.at, to.length);
    WithWholeLine(binding_, to.at, [&] { RealMemory::CopyIn({to.at, piece}, from); });
    to = {to.at + piece, to.length - piece};
    from += piece;
  }
}

void SimulatedMemory::CopyOut(uint8_t* to, Range from) {
  while (from.length > 0) {
    Moment();
    uint64_t piece = PieceAt(from.at, from.length);
    WithWholeLine(binding_, from.at, [&] { RealMemory::CopyOut(to, {from.at, piece}); });
    from = {from.at + piece, from.length - piece};
    to += piece;
  }
}

void SimulatedMemory::WriteBack(Range range, Step step) {
  Moment();
  if (!simulated::steps::Enter(site_, step) || binding_ == nullptr) return;
  Copy& copy = *binding_->copy;
  EachLine(*binding_, range, [&](uint64_t index) {
    NameSite(copy, index, site_);
    Cpu::Of(binding_->copy).WriteBack(index);
  });
}

void SimulatedMemory::Invalidate(Range range, Step step) {
  Moment();
  if (!simulated::steps::Enter(site_, step) || binding_ == nullptr) return;
  Copy& copy = *binding_->copy;
  EachLine(*binding_, range, [&](uint64_t index) {
    NameSite(copy, index, site_);
    Cpu::Of(binding_->copy).Invalidate(index, simulated::IsToRead(step));
  });
}

void SimulatedMemory::StoreFence(Step step) {
  Moment();
  if (!simulated::steps::Enter(site_, step) || binding_ == nullptr) return;
  Cpu::Of(binding_->copy).StoreFence();
}

// What is pending completes in any order, and others act meanwhile.
void SimulatedMemory::FullFence(Step step) {
  Moment();
  if (!simulated::steps::Enter(site_, step) || binding_ == nullptr) return;
  Cpu& cpu = Cpu::Of(binding_->copy);
  for (size_t left = cpu.pending(); left > 0 && cpu.CompleteOne(); left--) Moment();
  cpu.FullFence();
}

}  // namespace famfs

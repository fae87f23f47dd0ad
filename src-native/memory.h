#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>

#include "cache.h"
#include "site.h"

// What the protocols of commit.h do to shared memory, one class a mode. They are templates over these classes, so each
// protocol is written once. A mode has all members of CoherentMemory, and a case in WithMemory (below). Addresses are
// those of the caller's mapping, which in simulated mode is the private copy of its host. Any thread may use any mode:
// the event loop's thread runs the calls, the waiter thread polls.
namespace famfs {

enum class Mode : uint32_t { kCoherent = 0, kIncoherent = 1, kSimulated = 2 };

// A commit word: naturally aligned, 32 or 64 bits, always one access.
struct Word {
  uint8_t* at;
  bool wide;
};

struct Range {
  uint8_t* at;
  uint64_t length;
};

// Loads and stores are the same on real memory of both modes.
class RealMemory {
 public:
  void Store(Word word, uint64_t value) {
    if (word.wide) {
      __atomic_store_n(reinterpret_cast<uint64_t*>(word.at), value, __ATOMIC_RELEASE);
    } else {
      __atomic_store_n(reinterpret_cast<uint32_t*>(word.at), static_cast<uint32_t>(value), __ATOMIC_RELEASE);
    }
  }
  uint64_t Load(Word word) {
    return word.wide ? __atomic_load_n(reinterpret_cast<uint64_t*>(word.at), __ATOMIC_ACQUIRE)
                     : __atomic_load_n(reinterpret_cast<uint32_t*>(word.at), __ATOMIC_ACQUIRE);
  }
  // Its stores stay between the stores of words around it on every CPU; x86-64 needs no instruction for that.
  void CopyIn(Range to, const uint8_t* from) {
    std::atomic_thread_fence(std::memory_order_acq_rel);
    if (to.length > 0) memcpy(to.at, from, to.length);
    std::atomic_thread_fence(std::memory_order_acq_rel);
  }
  // Likewise its loads between the loads of words.
  void CopyOut(uint8_t* to, Range from) {
    std::atomic_thread_fence(std::memory_order_acq_rel);
    if (from.length > 0) memcpy(to, from.at, from.length);
    std::atomic_thread_fence(std::memory_order_acq_rel);
  }
  // For bytes that lie where nobody else is: the word that publishes or frees them orders them.
  void PlainCopyIn(Range to, const uint8_t* from) { memcpy(to.at, from, to.length); }
  void PlainCopyOut(uint8_t* to, Range from) { memcpy(to, from.at, from.length); }
};

// Lines need not be moved; only a publish waits until its stores are seen.
class CoherentMemory : public RealMemory {
 public:
  void WriteBack(Range, Step) {}
  void Invalidate(Range, Step) {}
  void StoreFence(Step) {}
  void FullFence(Step) { std::atomic_thread_fence(std::memory_order_seq_cst); }
};

class IncoherentMemory : public RealMemory {
 public:
  void WriteBack(Range range, Step) { cache::WriteBack(range.at, range.length); }
  void Invalidate(Range range, Step) { cache::Invalidate(range.at, range.length); }
  void StoreFence(Step) { cache::StoreFence(); }
  void FullFence(Step) { cache::FullFence(); }
};

// How a call is to treat a mapping.
struct Treatment {
  Mode mode;
  uint32_t site;  // the number of the caller's name; only simulated memory uses it
  uint32_t slot;  // of the mapping
};

namespace simulated {
struct Binding;
}

// Private copies with a will of their own; simulated.cc.
class SimulatedMemory : public RealMemory {
 public:
  explicit SimulatedMemory(const Treatment& treatment);
  void Store(Word word, uint64_t value);
  uint64_t Load(Word word);
  void CopyIn(Range to, const uint8_t* from);
  void CopyOut(uint8_t* to, Range from);
  void PlainCopyIn(Range to, const uint8_t* from) { CopyIn(to, from); }
  void PlainCopyOut(uint8_t* to, Range from) { CopyOut(to, from); }
  void WriteBack(Range range, Step step);
  void Invalidate(Range range, Step step);
  void StoreFence(Step step);
  void FullFence(Step step);
  // What may happen between any two of a thread's accesses.
  void Moment();

 private:
  std::shared_ptr<const simulated::Binding> binding_;
  uint32_t site_;
};

// Runs action(memory) with the memory of the treatment's mode.
template <typename Action>
auto WithMemory(const Treatment& treatment, Action action) {
  if (treatment.mode == Mode::kCoherent) return action(CoherentMemory());
  if (treatment.mode == Mode::kSimulated) return action(SimulatedMemory(treatment));
  return action(IncoherentMemory());
}

}  // namespace famfs

#pragma once

#include <cstdint>

#include "cache.h"
#include "memory.h"

// The protocols of docs/memory-model.md: publish (R2), overwrite (R2b), observe, fetch and the second look (R3). They
// stand here and, for what coherent memory leaves of them, in lib/memory/coherent-word.ts; nowhere else.
namespace famfs::commit {

inline bool IsOdd(uint64_t value) { return (value & 1) != 0; }

inline Range LineOf(Word word) { return {word.at, word.wide ? 8u : 4u}; }

// A snapshot of one line is a prefix of its stores, so one write-back carries payload and word (or word and payload).
inline bool SharesLine(Word word, Range payload) {
  uint64_t line = cache::GetSupport().line_size;
  if (line == 0 || payload.length == 0) return payload.length == 0;
  auto line_of = [line](const uint8_t* at) { return reinterpret_cast<uintptr_t>(at) / line; };
  return line_of(payload.at) == line_of(word.at) && line_of(payload.at + payload.length - 1) == line_of(word.at);
}

template <typename Memory>
void StoreWord(Memory& memory, Word word, uint64_t value) {
  memory.Store(word, value);
  memory.WriteBack(LineOf(word), Step::kPublishWord);
  memory.FullFence(Step::kPublishWordFence);
}

// R2, the payload having been stored.
template <typename Memory>
void Publish(Memory& memory, Word word, uint64_t value, Range payload) {
  if (!SharesLine(word, payload)) {
    memory.WriteBack(payload, Step::kPublishPayload);
    memory.StoreFence(Step::kPublishPayloadFence);
  }
  StoreWord(memory, word, value);
}

// The odd mark of R2b: who reads from now on retries. The writer's own line is newest in its own cache.
template <typename Memory>
void Begin(Memory& memory, Word word) {
  memory.Store(word, memory.Load(word) | 1);
  memory.WriteBack(LineOf(word), Step::kBegin);
  memory.StoreFence(Step::kBeginFence);
}

// R2b as a whole.
template <typename Memory>
void Overwrite(Memory& memory, Word word, uint64_t value, Range payload, const uint8_t* source) {
  if (SharesLine(word, payload)) {
    memory.Store(word, memory.Load(word) | 1);
    memory.CopyIn(payload, source);
    return StoreWord(memory, word, value);
  }
  Begin(memory, word);
  memory.CopyIn(payload, source);
  Publish(memory, word, value, payload);
}

// R3: the commit word as it is now.
template <typename Memory>
uint64_t Observe(Memory& memory, Word word) {
  memory.FullFence(Step::kObserveFenceBefore);
  memory.Invalidate(LineOf(word), Step::kObserve);
  memory.FullFence(Step::kObserveFenceAfter);
  return memory.Load(word);
}

// R3: makes later loads of the payload as new as the commit word that was observed.
template <typename Memory>
void Fetch(Memory& memory, Range payload) {
  memory.FullFence(Step::kFetchFenceBefore);
  memory.Invalidate(payload, Step::kFetch);
  memory.FullFence(Step::kFetchFenceAfter);
}

// R3's second look, after the payload was loaded.
template <typename Memory>
uint64_t LookAgain(Memory& memory, Word word) {
  memory.FullFence(Step::kAgainFenceBefore);
  memory.Invalidate(LineOf(word), Step::kAgain);
  memory.FullFence(Step::kAgainFenceAfter);
  return memory.Load(word);
}

// R3 as a whole. False: a writer is at it, or was meanwhile; the copy is worthless.
template <typename Memory>
bool Read(Memory& memory, Word word, uint8_t* target, Range payload, uint64_t& value) {
  value = Observe(memory, word);
  if (IsOdd(value)) return false;
  bool one_line = SharesLine(word, payload);
  if (!one_line) Fetch(memory, payload);
  memory.CopyOut(target, payload);
  return (one_line ? memory.Load(word) : LookAgain(memory, word)) == value;
}

// R3 where another word, observed before, said that the payload is complete while this one has the value. False: it has
// another one by now; the copy is worthless.
template <typename Memory>
bool ReadAs(Memory& memory, Word word, uint64_t value, uint8_t* target, Range payload) {
  Fetch(memory, payload);
  memory.CopyOut(target, payload);
  return LookAgain(memory, word) == value;
}

}  // namespace famfs::commit

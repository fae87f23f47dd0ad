#include "memory.h"

#include <stdatomic.h>
#include <string.h>

#include "lines.h"

static _Atomic uint64_t *word_at(const struct memory *memory, uint64_t offset) {
  return (_Atomic uint64_t *)(memory->base + offset);
}

void write_back(const struct memory *memory, uint64_t offset, uint64_t length) {
  if (memory->incoherent) lines_write_back(memory->base + offset, length);
}

void invalidate(const struct memory *memory, uint64_t offset, uint64_t length) {
  if (memory->incoherent) lines_invalidate(memory->base + offset, length);
}

void store_fence(const struct memory *memory) {
  if (memory->incoherent) lines_store_fence();
}

void full_fence(const struct memory *memory) {
  if (memory->incoherent) lines_full_fence();
  atomic_thread_fence(memory_order_seq_cst);
}

static void store(const struct memory *memory, uint64_t word, uint64_t value) {
  atomic_store_explicit(word_at(memory, word), value, memory_order_release);
  write_back(memory, word, 8);
}

static uint64_t load(const struct memory *memory, uint64_t word) {
  return atomic_load_explicit(word_at(memory, word), memory_order_acquire);
}

void publish(const struct memory *memory, uint64_t word, uint64_t value) {
  store(memory, word, value);
  full_fence(memory);
}

uint64_t observe(const struct memory *memory, uint64_t word) {
  full_fence(memory);
  invalidate(memory, word, 8);
  full_fence(memory);
  return load(memory, word);
}

void mark_odd(const struct memory *memory, uint64_t word) {
  store(memory, word, load(memory, word) | 1);
  store_fence(memory);
}

void overwrite(const struct memory *memory, uint64_t word, uint64_t value, uint64_t payload, const void *source,
               uint64_t length) {
  mark_odd(memory, word);
  /* The copy stays between the two stores of the word, on every CPU. */
  atomic_thread_fence(memory_order_seq_cst);
  memcpy(memory->base + payload, source, length);
  atomic_thread_fence(memory_order_seq_cst);
  write_back(memory, payload, length);
  store_fence(memory);
  publish(memory, word, value);
}

bool read_whole(const struct memory *memory, uint64_t word, uint64_t payload, void *target, uint64_t length,
                uint64_t *value) {
  *value = observe(memory, word);
  if (*value & 1) return false;
  full_fence(memory);
  invalidate(memory, payload, length);
  full_fence(memory);
  memcpy(target, memory->base + payload, length);
  return observe(memory, word) == *value;
}

bool swap(const struct memory *memory, uint64_t word, uint64_t before, uint64_t after) {
  full_fence(memory);
  invalidate(memory, word, 8);
  full_fence(memory);
  if (!atomic_compare_exchange_strong(word_at(memory, word), &before, after)) return false;
  write_back(memory, word, 8);
  full_fence(memory);
  return true;
}

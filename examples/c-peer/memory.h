#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The five steps of "Words" in docs/format/segment.md. Offsets are those of the segment's file. On coherent memory
 * lines are not moved, and only the fences stay.
 */

struct memory {
  uint8_t *base;
  uint64_t size;
  bool incoherent;
};

/* What a writer stored and does not publish by itself. */
void write_back(const struct memory *memory, uint64_t offset, uint64_t length);
void invalidate(const struct memory *memory, uint64_t offset, uint64_t length);
void store_fence(const struct memory *memory);
void full_fence(const struct memory *memory);

/* One word, without a payload. */
void publish(const struct memory *memory, uint64_t word, uint64_t value);
uint64_t observe(const struct memory *memory, uint64_t word);

/* Stores the word with its lowest bit set: readers begin again. */
void mark_odd(const struct memory *memory, uint64_t word);
void overwrite(const struct memory *memory, uint64_t word, uint64_t value, uint64_t payload, const void *source,
               uint64_t length);

/* One attempt. False where a writer was at it: then the copy is worthless. */
bool read_whole(const struct memory *memory, uint64_t word, uint64_t payload, void *target, uint64_t length,
                uint64_t *value);

/* Only for words of the own host. */
bool swap(const struct memory *memory, uint64_t word, uint64_t before, uint64_t after);

#pragma once

#include <stdint.h>

#include "segment.h"

/* A participant's claim word, taken apart. */

enum claim_state { SLOT_FREE, SLOT_HELD, SLOT_LEFT, SLOT_DEAD };

struct claim {
  uint32_t state, node_hash, boot, incarnation;
};

/* As much of a boot count as a claim has room for. */
#define BOOTS 4096
#define MOST_INCARNATIONS ((1u << 26) - 1)

struct claim unpack_claim(uint64_t word);
uint64_t pack_claim(struct claim claim);

/* A host's boot count, in its claim word. */
uint32_t boot_count_of(const struct segment *segment, uint32_t host);

/* False where no identity is whole. */
bool read_identity(const struct segment *segment, uint32_t index, struct identity *identity);

/* Whether the lock of a claim's holder is one that this process can see. */
bool is_on_own_node(const struct segment *segment, uint32_t index, struct claim claim);

/* Whether an incarnation is known to have ended. Being silent is not enough. */
bool is_known_dead(const struct segment *segment, uint32_t index, uint32_t incarnation);

/* Swaps a held claim of this incarnation to another state. */
void change_state(const struct segment *segment, uint32_t index, uint32_t incarnation, enum claim_state state);

/* Whether another open of the file has the slot's byte. */
bool is_locked(const struct segment *segment, uint32_t index);

/* Writes back what processes of this host have stored to its part of the directory. */
void flush_part(const struct segment *segment, uint32_t host);

#include "claim.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "crc32c.h"

static const int TRIES = 64;

struct claim unpack_claim(uint64_t word) {
  return (struct claim){word & 3, word >> 2 & 0x1fff, word >> 15 & 0xfff, word >> 27 & MOST_INCARNATIONS};
}

uint64_t pack_claim(struct claim claim) {
  return (uint64_t)claim.incarnation << 27 | (uint64_t)(claim.boot % BOOTS) << 15 | claim.node_hash << 2 | claim.state;
}

uint32_t boot_count_of(const struct segment *segment, uint32_t host) {
  return (uint32_t)(observe(&segment->memory, host_at(segment, host) + HOST_CLAIM) >> 32);
}

bool read_identity(const struct segment *segment, uint32_t index, struct identity *identity) {
  uint64_t at = participant_at(segment, index), word;
  for (int i = 0; i < TRIES; i++) {
    if (!read_whole(&segment->memory, at + IDENTITY_WORD, at + IDENTITY, identity, sizeof *identity, &word)) continue;
    if (word == 0) return false;
    if (crc32c(identity, offsetof(struct identity, crc)) == identity->crc &&
        identity->name_length <= sizeof identity->name && word == UINT64_C(2) * identity->incarnation)
      return true;
  }
  return false;
}

bool is_on_own_node(const struct segment *segment, uint32_t index, struct claim claim) {
  const struct node *node = &segment->node;
  struct identity identity;
  if (claim.node_hash != node->hash) return false;
  if (!read_identity(segment, index, &identity) || identity.incarnation != claim.incarnation) return true;
  return memcmp(identity.boot_id, node->boot_id, sizeof node->boot_id) == 0 && identity.device == node->device &&
         identity.inode == node->inode;
}

static bool is_declared_dead(const struct segment *segment, uint32_t index, uint32_t incarnation) {
  for (uint32_t by = 0; by < segment->participants; by++) {
    uint64_t at = participant_at(segment, by) + REVOCATIONS + UINT64_C(4) * index;
    /* Two words of 32 bits in one of 64. */
    uint64_t pair = observe(&segment->memory, at & ~UINT64_C(7));
    if ((uint32_t)(at & 4 ? pair >> 32 : pair) == (incarnation | UINT32_C(1) << 31)) return true;
  }
  return false;
}

bool is_known_dead(const struct segment *segment, uint32_t index, uint32_t incarnation) {
  struct claim claim = unpack_claim(observe(&segment->memory, participant_at(segment, index) + CLAIM));
  if (claim.state != SLOT_HELD || claim.incarnation != incarnation) return true;
  if (claim.boot != boot_count_of(segment, index / segment->header.per_host) % BOOTS) return true;
  if (is_on_own_node(segment, index, claim)) return !is_locked(segment, index);
  return is_declared_dead(segment, index, incarnation);
}

void change_state(const struct segment *segment, uint32_t index, uint32_t incarnation, enum claim_state state) {
  uint64_t word = participant_at(segment, index) + CLAIM;
  uint64_t before = observe(&segment->memory, word);
  struct claim claim = unpack_claim(before);
  if (claim.state != SLOT_HELD || claim.incarnation != incarnation) return;
  claim.state = state;
  swap(&segment->memory, word, before, pack_claim(claim));
}

bool is_locked(const struct segment *segment, uint32_t index) {
  struct flock lock = {.l_type = F_WRLCK, .l_start = (off_t)participant_at(segment, index) + CLAIM, .l_len = 1};
  /* What cannot be asked is taken for alive. */
  return fcntl(segment->file, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

void flush_part(const struct segment *segment, uint32_t host) {
  write_back(&segment->memory, part_at(segment, host), segment->part_size);
  full_fence(&segment->memory);
}

#include "host.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "claim.h"
#include "crc32c.h"
#include "machine.h"

static const int TRIES = 64;
#define MOST_BOOTS ((1u << 21) - 1)

void sleep_ms(uint32_t milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  nanosleep(&time, NULL);
}

/* The record that belongs to this boot count; false where there is none. */
static bool read_record(const struct segment *segment, uint32_t host, uint32_t boot_count, struct host_record *record) {
  uint64_t at = host_at(segment, host), word;
  for (int i = 0; i < TRIES; i++) {
    if (!read_whole(&segment->memory, at + HOST_RECORD_WORD, at + HOST_RECORD, record, sizeof *record, &word)) continue;
    if (word == 0) return false;
    if (crc32c(record, offsetof(struct host_record, crc)) == record->crc) return record->boot_count == boot_count;
  }
  return false;
}

/* For the longest lease of the host's held slots. */
static bool any_heartbeat_moves(const struct segment *segment, uint32_t host) {
  uint64_t before[MOST_PARTICIPANTS];
  uint32_t first = host * segment->header.per_host, lease = 0;
  for (uint32_t i = 0; i < segment->header.per_host; i++) {
    struct identity identity;
    before[i] = observe(&segment->memory, participant_at(segment, first + i) + HEARTBEAT);
    struct claim claim = unpack_claim(observe(&segment->memory, participant_at(segment, first + i) + CLAIM));
    if (claim.state != SLOT_HELD) continue;
    uint32_t its = read_identity(segment, first + i, &identity) ? identity.lease : 2000;
    if (its > lease) lease = its > 60000 ? 60000 : its;
  }
  sleep_ms(lease);
  for (uint32_t i = 0; i < segment->header.per_host; i++) {
    if (observe(&segment->memory, participant_at(segment, first + i) + HEARTBEAT) != before[i]) return true;
  }
  return false;
}

static failure check_gone(const struct segment *segment, uint32_t host, const struct host_record *record,
                          const struct host_record *own) {
  static const uint8_t unknown[16];
  bool same_machine = record != NULL && memcmp(record->machine_id, own->machine_id, 16) == 0 &&
                      memcmp(own->machine_id, unknown, 16) != 0;
  if (!same_machine) return failed("host %" PRIu32 " belongs to another machine", host);
  if (any_heartbeat_moves(segment, host)) return failed("host %" PRIu32 " is in use: a heartbeat moves", host);
  return NULL;
}

static void publish_record(const struct segment *segment, uint32_t host, struct host_record *own) {
  uint64_t at = host_at(segment, host);
  uint64_t word = observe(&segment->memory, at + HOST_RECORD_WORD);
  own->crc = crc32c(own, offsetof(struct host_record, crc));
  overwrite(&segment->memory, at + HOST_RECORD_WORD, (word & ~UINT64_C(1)) + 2, at + HOST_RECORD, own, sizeof *own);
}

static failure confirm(const struct segment *segment, uint32_t host, uint32_t interval, const struct host_record *own) {
  struct host_record found;
  if (segment->header.coherence == COHERENT) return NULL;
  sleep_ms(interval);
  bool mine = read_record(segment, host, own->boot_count, &found) && memcmp(found.boot_id, own->boot_id, 16) == 0;
  return mine ? NULL : failed("host %" PRIu32 " was taken by another machine at the same time", host);
}

failure take_host(const struct segment *segment, uint32_t host, uint32_t interval, uint32_t *boot_count) {
  struct host_record own = {0}, found;
  failure wrong = read_boot_id(own.boot_id);
  if (wrong) return wrong;
  read_machine_id(own.machine_id);
  uint32_t hash = crc32c(own.boot_id, sizeof own.boot_id);
  if (hash == 0) hash = 1;
  uint64_t at = host_at(segment, host), claim = observe(&segment->memory, at + HOST_CLAIM);
  *boot_count = (uint32_t)(claim >> 32);
  bool whole = *boot_count > 0 && read_record(segment, host, *boot_count, &found);
  if (whole && memcmp(found.boot_id, own.boot_id, 16) == 0) return NULL;
  bool half = !whole && (uint32_t)claim == hash;
  if (!half && *boot_count > 0) wrong = check_gone(segment, host, whole ? &found : NULL, &own);
  if (wrong) return wrong;
  invalidate(&segment->memory, at, segment->host_size);
  invalidate(&segment->memory, part_at(segment, host), segment->part_size);
  full_fence(&segment->memory);
  if (!half && ++*boot_count > MOST_BOOTS) return failed("host %" PRIu32 " was taken too often", host);
  if (!half && !swap(&segment->memory, at + HOST_CLAIM, claim, (uint64_t)*boot_count << 32 | hash)) {
    return failed("host %" PRIu32 " is being taken by others; try again", host);
  }
  own.boot_count = *boot_count;
  publish_record(segment, host, &own);
  return confirm(segment, host, interval, &own);
}

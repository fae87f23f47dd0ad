#include "record.h"

#include <inttypes.h>
#include <string.h>

#include "crc32c.h"
#include "directory.h"
#include "role.h"

enum { ROLE = 0, LANE = 128, SELECTOR = 0, SLOTS = 128, SLOT_WORD = 0, SLOT_VERSION = 128 };

/* A version: the value, zeros up to a multiple of 8, then the trailer. */
#define MOST_VALUE_SIZE 4096

struct trailer {
  uint64_t token;
  uint32_t crc, unused;
};

static const int TRIES = 1000;

static uint64_t trailer_at(const struct record *record) { return round_up(record->size, 8); }
static uint64_t version_size(const struct record *record) { return trailer_at(record) + sizeof(struct trailer); }
static uint64_t slot_size(const struct record *record) { return SLOT_VERSION + round_up(version_size(record), 128); }

static uint64_t selector_of(const struct record *record) { return record->body + LANE + SELECTOR; }

static uint64_t slot_of(const struct record *record, uint64_t version) {
  return record->body + LANE + SLOTS + (version & 1) * slot_size(record);
}

static uint32_t crc_of(const struct record *record, const uint8_t *version) {
  return crc32c(version, trailer_at(record) + sizeof(uint64_t));
}

failure record_open(struct record *record, const struct segment *segment, const char *name, uint32_t size,
                    uint64_t fingerprint) {
  struct entry entry = {0};
  uint32_t options[2];
  *record = (struct record){.segment = segment, .name = name, .size = size};
  failure wrong = find_structure(segment, name, "record", &entry, &record->body);
  if (wrong) return wrong;
  if (entry.fingerprint != fingerprint) return failed("\"%s\" has another schema", name);
  memcpy(options, entry.options, sizeof options);
  record->host = options[0];
  if (options[1] != 0) return failed("\"%s\" has many writers", name);
  if (size > MOST_VALUE_SIZE) return failed("a value has at most %d bytes", MOST_VALUE_SIZE);
  if (body_length(&entry, record->body) < LANE + SLOTS + 2 * slot_size(record)) return failed("\"%s\" is cut", name);
  return NULL;
}

failure record_read(const struct record *record, void *value, uint64_t *version) {
  const struct memory *memory = &record->segment->memory;
  uint8_t copy[MOST_VALUE_SIZE + sizeof(struct trailer)];
  struct trailer trailer;
  bool damaged = false;
  for (int i = 0; i < TRIES; i++) {
    uint64_t word;
    *version = observe(memory, selector_of(record));
    if (*version == 0) return NULL;
    uint64_t slot = slot_of(record, *version);
    if (!read_whole(memory, slot + SLOT_WORD, slot + SLOT_VERSION, copy, version_size(record), &word)) continue;
    if (word != 2 * *version) continue;
    memcpy(&trailer, copy + trailer_at(record), sizeof trailer);
    memcpy(value, copy, record->size);
    damaged = memory->incoherent && trailer.crc != crc_of(record, copy);
    if (!damaged) return NULL;
  }
  return failed(damaged ? "\"%s\" has a wrong checksum" : "the writer of \"%s\" was faster at each attempt",
                record->name);
}

failure record_take(const struct record *record, const struct peer *peer, uint64_t *version) {
  const struct memory *memory = &record->segment->memory;
  failure wrong = role_take(peer, record->body + ROLE, record->host);
  if (wrong) return wrong;
  *version = observe(memory, selector_of(record));
  uint64_t next = slot_of(record, *version + 1) + SLOT_WORD;
  /* A predecessor died before its version counted. */
  if (observe(memory, next) == 2 * (*version + 1)) mark_odd(memory, next);
  return NULL;
}

void record_write(const struct record *record, const void *value, uint64_t version) {
  const struct memory *memory = &record->segment->memory;
  uint8_t copy[MOST_VALUE_SIZE + sizeof(struct trailer)] = {0};
  struct trailer trailer = {0};
  memcpy(copy, value, record->size);
  if (memory->incoherent) trailer.crc = crc_of(record, copy);
  memcpy(copy + trailer_at(record), &trailer, sizeof trailer);
  uint64_t slot = slot_of(record, version);
  overwrite(memory, slot + SLOT_WORD, 2 * version, slot + SLOT_VERSION, copy, version_size(record));
  publish(memory, selector_of(record), version);
}

void record_give_back(const struct record *record, const struct peer *peer) {
  role_give_back(peer, record->body + ROLE);
}

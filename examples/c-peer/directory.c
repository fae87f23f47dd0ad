#include "directory.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "crc32c.h"

static const int TRIES = 64;

static uint64_t body_of(const struct entry *entry) {
  return round_up(entry->offset + entry->schema_length, LINE_OF_ONE_WRITER);
}

uint64_t body_length(const struct entry *entry, uint64_t body) { return entry->offset + entry->length - body; }

/* A right checksum says that somebody meant it, not that it is true. */
static bool plausible(const struct segment *segment, const struct entry *entry, uint32_t host) {
  uint64_t size = segment->header.byte_size;
  return crc32c(entry, offsetof(struct entry, crc)) == entry->crc && entry->name_length <= sizeof entry->name &&
         entry->kind_length <= sizeof entry->kind && entry->offset % LINE_OF_ONE_WRITER == 0 &&
         entry->offset >= segment->data_at && entry->offset <= size && entry->length > 0 &&
         entry->length <= size - entry->offset && body_of(entry) <= entry->offset + entry->length &&
         entry->participant < segment->participants && entry->participant / segment->header.per_host == host;
}

static bool read_ready(const struct segment *segment, const struct place *place, struct entry *entry) {
  uint64_t at = part_at(segment, place->host) + PART_ENTRIES + (uint64_t)place->index * ENTRY_SIZE;
  uint64_t word;
  for (int i = 0; i < TRIES; i++) {
    if (!read_whole(&segment->memory, at + ENTRY_WORD, at + ENTRY_RECORD, entry, sizeof *entry, &word)) continue;
    return word % 8 == ENTRY_READY && plausible(segment, entry, place->host);
  }
  return false;
}

failure next_entry(const struct segment *segment, struct place *place, struct entry *entry, bool *found) {
  for (*found = false; place->host < segment->header.hosts; *place = (struct place){.host = place->host + 1}) {
    if (place->index == 0) place->used = observe(&segment->memory, part_at(segment, place->host) + PART_USED);
    if (place->used > segment->header.entries) {
      return failed("host %" PRIu32 " has used %" PRIu64 " entries, of %" PRIu32 " that there are", place->host,
                    place->used, segment->header.entries);
    }
    while (place->index < place->used && !*found) {
      *found = read_ready(segment, place, entry);
      place->index++;
    }
    if (*found) return NULL;
  }
  return NULL;
}

static bool is(const char *text, uint32_t length, const char *expected) {
  return length == strlen(expected) && memcmp(text, expected, length) == 0;
}

failure find_structure(const struct segment *segment, const char *name, const char *kind, struct entry *entry,
                       uint64_t *body) {
  struct place place = {0};
  struct entry candidate;
  bool found, any = false;
  for (;;) {
    failure wrong = next_entry(segment, &place, &candidate, &found);
    if (wrong) return wrong;
    if (!found) break;
    if (!is(candidate.name, candidate.name_length, name)) continue;
    if (!any || candidate.ticket > entry->ticket) *entry = candidate;
    any = true;
  }
  if (!any) return failed("there is no structure \"%s\"", name);
  if (!is(entry->kind, entry->kind_length, kind)) {
    return failed("\"%s\" is a %.*s, not a %s", name, (int)entry->kind_length, entry->kind, kind);
  }
  if (entry->version != 1) return failed("\"%s\" has version %" PRIu32 ", known is 1", name, entry->version);
  *body = body_of(entry);
  invalidate(&segment->memory, *body, body_length(entry, *body));
  full_fence(&segment->memory);
  return NULL;
}

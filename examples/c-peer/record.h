#pragma once

#include "peer.h"

/* A record with one writer: the latest value. */
struct record {
  const struct segment *segment;
  const char *name;
  /* Of the value. */
  uint32_t size;
  uint32_t host;
  uint64_t body;
};

failure record_open(struct record *record, const struct segment *segment, const char *name, uint32_t size,
                    uint64_t fingerprint);

/* Copies the latest value; *version is its number, 0 where there is none yet. */
failure record_read(const struct record *record, void *value, uint64_t *version);

/* Makes this participant the writer. *version is the number of the newest version. */
failure record_take(const struct record *record, const struct peer *peer, uint64_t *version);

/* The next version: the number of the newest one plus one. */
void record_write(const struct record *record, const void *value, uint64_t version);
void record_give_back(const struct record *record, const struct peer *peer);

#pragma once

#include "segment.h"

/* Entries that are ready, one after the other. Begin with a zeroed place. */
struct place {
  uint32_t host, index;
  /* Of the host's part; read when the part is entered. */
  uint64_t used;
};

/* The next entry that is ready and whole; *found is false at the end. */
failure next_entry(const struct segment *segment, struct place *place, struct entry *entry, bool *found);

/* The structure of this name, checked to be of this kind and version 1. Its own bytes begin at *body. */
failure find_structure(const struct segment *segment, const char *name, const char *kind, struct entry *entry,
                       uint64_t *body);

/* How many bytes of its own a structure has. */
uint64_t body_length(const struct entry *entry, uint64_t body);

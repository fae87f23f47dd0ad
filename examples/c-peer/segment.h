#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "failure.h"
#include "layout.h"
#include "memory.h"

/* The inode that locks are on, as the kernel of this host knows it. */
struct node {
  uint8_t boot_id[16];
  uint64_t device, inode;
  uint32_t hash;
};

struct segment {
  const char *path;
  /* To ask for locks: it has none itself, because an open of a file does not see its own. */
  int file;
  struct node node;
  struct memory memory;
  struct header header;
  uint32_t participants;
  uint64_t participant_size, host_size, directory_at, part_size, data_at;
};

/* Maps a segment, checks its header, and makes its control area readable. */
failure segment_open(struct segment *segment, const char *path, bool writable);
void segment_close(struct segment *segment);

uint64_t host_at(const struct segment *segment, uint32_t host);
uint64_t participant_at(const struct segment *segment, uint32_t index);
uint64_t part_at(const struct segment *segment, uint32_t host);

#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "segment.h"

/* This process as a participant. */
struct peer {
  const struct segment *segment;
  /* Has the slot's lock, and ends with the process. */
  int lock_file;
  uint32_t host, slot, index, incarnation, boot_count;
  pthread_t heart;
  pthread_mutex_t leaving;
};

/* Takes the host index for this machine, a slot, and starts the heartbeat. */
failure join(struct peer *peer, const struct segment *segment, uint64_t host, const char *name);
void leave(struct peer *peer);

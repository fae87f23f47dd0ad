#pragma once

#include "peer.h"

struct counter {
  const struct segment *segment;
  uint64_t body;
};

failure counter_open(struct counter *counter, const struct segment *segment, const char *name);
failure counter_add(const struct counter *counter, const struct peer *peer, int64_t amount);

/* As long as it fits 64 bits. */
int64_t counter_value(const struct counter *counter);

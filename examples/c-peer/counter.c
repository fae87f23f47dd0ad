#include "counter.h"

#include <inttypes.h>

#include "directory.h"

enum { LANE_SIZE = 128, ADDED = 0, SUBTRACTED = 8 };

failure counter_open(struct counter *counter, const struct segment *segment, const char *name) {
  struct entry entry = {0};
  counter->segment = segment;
  failure wrong = find_structure(segment, name, "counter", &entry, &counter->body);
  if (wrong) return wrong;
  bool cut = body_length(&entry, counter->body) < (uint64_t)LANE_SIZE * segment->participants;
  return cut ? failed("\"%s\" is cut", name) : NULL;
}

failure counter_add(const struct counter *counter, const struct peer *peer, int64_t amount) {
  const struct memory *memory = &counter->segment->memory;
  uint64_t word = counter->body + (uint64_t)LANE_SIZE * peer->index + (amount < 0 ? SUBTRACTED : ADDED);
  /* Nobody else stores to this lane, so the sum in memory is the one to go on from. */
  uint64_t sum = observe(memory, word), more = amount < 0 ? -(uint64_t)amount : (uint64_t)amount;
  if (sum > MOST_VALUE || more > MOST_VALUE - sum) return failed("the lane is full");
  publish(memory, word, sum + more);
  return NULL;
}

int64_t counter_value(const struct counter *counter) {
  const struct memory *memory = &counter->segment->memory;
  uint64_t value = 0;
  for (uint32_t i = 0; i < counter->segment->participants; i++) {
    uint64_t lane = counter->body + (uint64_t)LANE_SIZE * i;
    value -= observe(memory, lane + SUBTRACTED);
    value += observe(memory, lane + ADDED);
  }
  return (int64_t)value;
}

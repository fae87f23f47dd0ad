#include "role.h"

#include <inttypes.h>

#include "claim.h"

static uint64_t value_of(const struct peer *peer) { return (uint64_t)peer->incarnation * 256 + peer->slot; }

failure role_take(const struct peer *peer, uint64_t word, uint32_t host) {
  const struct segment *segment = peer->segment;
  if (peer->host != host) return failed("the role is bound to host %" PRIu32, host);
  for (uint32_t i = 0; i <= MOST_PARTICIPANTS; i++) {
    uint64_t before = observe(&segment->memory, word);
    uint32_t slot = before % 256, incarnation = (uint32_t)(before / 256);
    if (before / 256 > MOST_INCARNATIONS || slot >= segment->header.per_host) return failed("the role is damaged");
    uint32_t index = host * segment->header.per_host + slot;
    if (before != 0 && !is_known_dead(segment, index, incarnation)) {
      return failed("participant %" PRIu32 " has the role", index);
    }
    if (swap(&segment->memory, word, before, value_of(peer))) return NULL;
  }
  return failed("others take the role all the time");
}

void role_give_back(const struct peer *peer, uint64_t word) { swap(&peer->segment->memory, word, value_of(peer), 0); }

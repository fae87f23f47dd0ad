#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "claim.h"
#include "crc32c.h"
#include "host.h"

/* In milliseconds. */
enum { LEASE = 400, INTERVAL = LEASE / 8, PATIENCE = 10000, PAUSE = 5 };

static bool set_lock(int file, uint64_t offset, short type) {
  struct flock lock = {.l_type = type, .l_start = (off_t)offset, .l_len = 1};
  return fcntl(file, F_OFD_SETLK, &lock) == 0;
}

static failure open_lock_file(struct peer *peer) {
  const struct segment *segment = peer->segment;
  struct stat stat;
  peer->lock_file = open(segment->path, O_RDWR | O_CLOEXEC);
  if (peer->lock_file < 0 || fstat(peer->lock_file, &stat) != 0) return system_failed("%s", segment->path);
  if (stat.st_dev == segment->node.device && stat.st_ino == segment->node.inode) return NULL;
  return failed("%s means another file by now", segment->path);
}

static failure take_host_in_turn(struct peer *peer) {
  const struct segment *segment = peer->segment;
  uint64_t at = host_at(segment, peer->host) + HOST_CLAIM;
  for (int waited = 0; !set_lock(peer->lock_file, at, F_WRLCK); waited += PAUSE) {
    if (waited >= PATIENCE) return failed("another process of this host was joining for %d ms", PATIENCE);
    sleep_ms(PAUSE);
  }
  failure wrong = take_host(segment, peer->host, INTERVAL, &peer->boot_count);
  set_lock(peer->lock_file, at, F_UNLCK);
  return wrong;
}

/* With the slot's lock. */
static bool claim_slot(struct peer *peer, uint32_t index) {
  const struct segment *segment = peer->segment;
  uint64_t word = participant_at(segment, index) + CLAIM, before = observe(&segment->memory, word);
  struct claim claim = unpack_claim(before);
  bool held = claim.state == SLOT_HELD;
  if (held && claim.boot == peer->boot_count % BOOTS && !is_on_own_node(segment, index, claim)) return false;
  if (claim.incarnation >= MOST_INCARNATIONS) return false;
  if (held) flush_part(segment, peer->host);
  peer->incarnation = claim.incarnation + 1;
  struct claim own = {SLOT_HELD, segment->node.hash, peer->boot_count, peer->incarnation};
  return swap(&segment->memory, word, before, pack_claim(own));
}

static failure take_slot(struct peer *peer) {
  uint32_t per_host = peer->segment->header.per_host;
  for (peer->slot = 0; peer->slot < per_host; peer->slot++) {
    peer->index = peer->host * per_host + peer->slot;
    uint64_t at = participant_at(peer->segment, peer->index) + CLAIM;
    if (!set_lock(peer->lock_file, at, F_WRLCK)) continue;
    if (claim_slot(peer, peer->index)) return NULL;
    set_lock(peer->lock_file, at, F_UNLCK);
  }
  return failed("all %" PRIu32 " slots of host %" PRIu32 " are taken", per_host, peer->host);
}

static void publish_identity(const struct peer *peer, const char *name) {
  const struct segment *segment = peer->segment;
  const struct node *node = &segment->node;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  struct identity own = {
      .incarnation = peer->incarnation,
      .boot_count = peer->boot_count,
      .pid = (uint32_t)getpid(),
      .device = node->device,
      .inode = node->inode,
      .lease = LEASE,
      .interval = INTERVAL,
      .joined_at = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000,
      .name_length = (uint32_t)strnlen(name, sizeof own.name),
  };
  memcpy(own.boot_id, node->boot_id, sizeof own.boot_id);
  memcpy(own.name, name, own.name_length);
  own.crc = crc32c(&own, offsetof(struct identity, crc));
  uint64_t at = participant_at(segment, peer->index);
  overwrite(&segment->memory, at + IDENTITY_WORD, UINT64_C(2) * peer->incarnation, at + IDENTITY, &own, sizeof own);
}

/* Tells everybody who of this host has ended without leaving. */
static void mark_dead(const struct peer *peer) {
  const struct segment *segment = peer->segment;
  for (uint32_t slot = 0; slot < segment->header.per_host; slot++) {
    uint32_t index = peer->host * segment->header.per_host + slot;
    struct claim claim = unpack_claim(observe(&segment->memory, participant_at(segment, index) + CLAIM));
    if (index == peer->index || claim.state != SLOT_HELD || claim.boot != peer->boot_count % BOOTS) continue;
    if (!is_on_own_node(segment, index, claim) || is_locked(segment, index)) continue;
    flush_part(segment, peer->host);
    change_state(segment, index, claim.incarnation, SLOT_DEAD);
  }
}

static void beat(const struct peer *peer) {
  uint64_t word = participant_at(peer->segment, peer->index) + HEARTBEAT;
  publish(&peer->segment->memory, word, observe(&peer->segment->memory, word) + 1);
}

/* Until leave() unlocks the mutex. */
static void *run_heart(void *argument) {
  struct peer *peer = argument;
  struct timespec next;
  clock_gettime(CLOCK_REALTIME, &next);
  do {
    beat(peer);
    mark_dead(peer);
    next.tv_nsec += INTERVAL * 1000000L;
    next.tv_sec += next.tv_nsec / 1000000000;
    next.tv_nsec %= 1000000000;
  } while (pthread_mutex_timedlock(&peer->leaving, &next) == ETIMEDOUT);
  return NULL;
}

static failure start(struct peer *peer, const char *name) {
  const struct memory *memory = &peer->segment->memory;
  uint64_t bakery = participant_at(peer->segment, peer->index) + BAKERY;
  publish(memory, bakery, observe(memory, bakery) & ~UINT64_C(3));
  beat(peer);
  publish_identity(peer, name);
  pthread_mutex_init(&peer->leaving, NULL);
  pthread_mutex_lock(&peer->leaving);
  errno = pthread_create(&peer->heart, NULL, run_heart, peer);
  return errno == 0 ? NULL : system_failed("the heartbeat's thread");
}

failure join(struct peer *peer, const struct segment *segment, uint64_t host, const char *name) {
  if (host >= segment->header.hosts) return failed("the segment has %" PRIu32 " hosts", segment->header.hosts);
  *peer = (struct peer){.segment = segment, .host = (uint32_t)host, .lock_file = -1};
  failure wrong = open_lock_file(peer);
  if (!wrong) wrong = take_host_in_turn(peer);
  if (!wrong) wrong = take_slot(peer);
  if (!wrong) wrong = start(peer, name);
  if (wrong && peer->lock_file >= 0) close(peer->lock_file);
  return wrong;
}

void leave(struct peer *peer) {
  pthread_mutex_unlock(&peer->leaving);
  pthread_join(peer->heart, NULL);
  change_state(peer->segment, peer->index, peer->incarnation, SLOT_LEFT);
  close(peer->lock_file);
}

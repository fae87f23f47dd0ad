// The other end of famfs's producer/consumer queue, for tests: written from the layout and the algorithm in
// docs/pcq.md, and sharing nothing with the library. It does what famfs's own program does, faults included: the number of
// the next message stays in its file unflushed, a bucket is copied before it is invalidated.
//
//   pcq_peer create QUEUE BUCKETS BUCKET_SIZE
//   pcq_peer produce QUEUE COUNT SEED      puts COUNT messages, each filled from SEED and its number
//   pcq_peer consume QUEUE COUNT SEED      takes COUNT messages and compares every byte
//   pcq_peer info QUEUE                    prints messages, indexes and next numbers
//
// Exit codes: 0; 1 the system refused; 2 usage; 3 a message that is not whole or not the expected one.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRODUCER_MAGIC 0xBEEBEE3u
#define CONSUMER_MAGIC 0xBEEBEE4u
#define BUCKETS_AT 0x200000u

struct queue {
  unsigned char *producer;
  unsigned char *consumer;
  uint64_t buckets;
  uint64_t bucket_size;
  unsigned char *entry;
};

static void die(const char *what) {
  fprintf(stderr, "pcq_peer: %s: %s\n", what, strerror(errno));
  exit(1);
}

// Every field is a little-endian integer at a fixed place; this program runs on little-endian CPUs only.
static volatile uint64_t *word(unsigned char *file, size_t at) { return (volatile uint64_t *)(void *)(file + at); }
static volatile uint64_t *producer_index(struct queue *q) { return word(q->producer, 32); }
static volatile uint64_t *producer_next(struct queue *q) { return word(q->producer, 1064); }
static volatile uint64_t *consumer_index(struct queue *q) { return word(q->consumer, 8); }
static volatile uint64_t *consumer_next(struct queue *q) { return word(q->consumer, 1048592); }

// CRC-32 bit by bit, from its definition, with a table of one byte.
static uint32_t table[256];

static void make_table(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t sum = byte;
    for (int bit = 0; bit < 8; bit++) sum = sum & 1 ? sum >> 1 ^ 0xEDB88320u : sum >> 1;
    table[byte] = sum;
  }
}

static uint32_t checksum(const unsigned char *at, uint64_t length) {
  uint32_t sum = 0xFFFFFFFFu;
  while (length-- > 0) sum = sum >> 8 ^ table[(sum ^ *at++) & 255];
  return ~sum;
}

#if defined(__x86_64__)
#include <immintrin.h>
static void flush(volatile void *at, uint64_t length) {
  uintptr_t line = (uintptr_t)at & ~(uintptr_t)63;
  for (; line < (uintptr_t)at + length; line += 64) _mm_clflush((void *)line);
  _mm_sfence();
}
#else
static void flush(volatile void *at, uint64_t length) {
  (void)at, (void)length;
  __sync_synchronize();
}
#endif

static unsigned char *map_file(const char *path, int writable) {
  struct stat status;
  int fd = open(path, writable ? O_RDWR : O_RDONLY);
  if (fd < 0 || fstat(fd, &status) != 0) die(path);
  void *at = mmap(NULL, (size_t)status.st_size, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) die("mmap");
  close(fd);
  return at;
}

static char *consumer_path(const char *queue) {
  static char path[4096];
  snprintf(path, sizeof path, "%s.consumer", queue);
  return path;
}

static void open_queue(struct queue *q, const char *path, int produces, int consumes) {
  q->producer = map_file(path, produces);
  q->consumer = map_file(consumer_path(path), consumes);
  if (*word(q->producer, 0) != PRODUCER_MAGIC || *(volatile uint32_t *)(void *)q->consumer != CONSUMER_MAGIC) {
    fprintf(stderr, "pcq_peer: no queue\n");
    exit(3);
  }
  q->buckets = *word(q->producer, 8);
  q->bucket_size = *word(q->producer, 16);
  q->entry = calloc(1, q->bucket_size);
}

static void create_file(const char *path, off_t size) {
  int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0644);
  if (fd < 0 || ftruncate(fd, size) != 0) die(path);
  close(fd);
}

static int create(const char *path, uint64_t buckets, uint64_t bucket_size) {
  uint64_t size = BUCKETS_AT + buckets * bucket_size;
  create_file(consumer_path(path), BUCKETS_AT);
  unsigned char *consumer = map_file(consumer_path(path), 1);
  *(volatile uint32_t *)(void *)consumer = CONSUMER_MAGIC;
  *word(consumer, 8) = 0;
  *word(consumer, 1048592) = 0;
  *word(consumer, 1048600) = BUCKETS_AT;
  flush(consumer, 1048608);
  create_file(path, (off_t)size);
  unsigned char *producer = map_file(path, 1);
  *word(producer, 0) = PRODUCER_MAGIC;
  *word(producer, 8) = buckets;
  *word(producer, 16) = bucket_size;
  *word(producer, 24) = BUCKETS_AT;
  *word(producer, 32) = 0;
  *word(producer, 1064) = 0;
  *word(producer, 1072) = size;
  flush(producer, 1080);
  return 0;
}

// The message's bytes: 32-bit words of Mulberry32, started from the seed and the message's number. test/pcq/peer.ts
// has the same.
static void fill(unsigned char *at, uint64_t length, uint32_t seed, uint64_t number) {
  uint32_t state = seed ^ (uint32_t)number * 0x9E3779B1u;
  for (uint64_t i = 0; i < length; i += 4) {
    state += 0x6D2B79F5u;
    uint32_t mixed = (state ^ state >> 15) * (state | 1);
    mixed ^= mixed + (mixed ^ mixed >> 7) * (mixed | 61);
    mixed ^= mixed >> 14;
    memcpy(at + i, &mixed, 4);
  }
}

static void put(struct queue *q, uint32_t seed) {
  uint64_t index;
  for (;;) {
    index = *producer_index(q);
    if ((index + 1) % q->buckets != *consumer_index(q)) break;
    flush(consumer_index(q), 8);
    sched_yield();
  }
  uint64_t payload = q->bucket_size - 16;
  uint64_t number = *producer_next(q);
  *producer_next(q) = number + 1;
  fill(q->entry, payload, seed, number);
  memcpy(q->entry + payload, &number, 8);
  uint64_t sum = checksum(q->entry, payload + 8);
  memcpy(q->entry + payload + 8, &sum, 8);
  unsigned char *bucket = q->producer + BUCKETS_AT + index * q->bucket_size;
  memcpy(bucket, q->entry, q->bucket_size);
  flush(bucket, q->bucket_size);
  *producer_index(q) = (index + 1) % q->buckets;
  flush(producer_index(q), 8);
}

static void get(struct queue *q, uint32_t seed) {
  uint64_t index, number, sum;
  for (;;) {
    index = *consumer_index(q);
    flush(producer_index(q), 8);
    if (index != *producer_index(q)) break;
    sched_yield();
  }
  uint64_t payload = q->bucket_size - 16;
  uint64_t expected = *consumer_next(q);
  *consumer_next(q) = expected + 1;
  unsigned char *bucket = q->producer + BUCKETS_AT + index * q->bucket_size;
  for (int tries = 0;; tries++) {
    memcpy(q->entry, bucket, q->bucket_size);
    memcpy(&number, q->entry + payload, 8);
    memcpy(&sum, q->entry + payload + 8, 8);
    if (sum == checksum(q->entry, payload + 8)) break;
    if (tries == 2) {
      fprintf(stderr, "pcq_peer: bucket %lu: wrong checksum 0x%lx\n", index, sum);
      exit(3);
    }
    flush(bucket, q->bucket_size);
  }
  if (number != expected) {
    fprintf(stderr, "pcq_peer: bucket %lu: message %lu, expected %lu\n", index, number, expected);
    exit(3);
  }
  unsigned char *right = q->entry + q->bucket_size;
  fill(right, payload, seed, number);
  if (memcmp(q->entry, right, payload) != 0) {
    fprintf(stderr, "pcq_peer: message %lu has other bytes\n", number);
    exit(3);
  }
  *consumer_index(q) = (index + 1) % q->buckets;
  flush(consumer_index(q), 8);
}

static int move(int argc, char **argv, void (*one)(struct queue *, uint32_t)) {
  struct queue q;
  if (argc != 5) return 2;
  open_queue(&q, argv[2], one == put, one == get);
  q.entry = realloc(q.entry, 2 * q.bucket_size);
  uint32_t seed = (uint32_t)strtoul(argv[4], NULL, 10);
  for (uint64_t left = strtoull(argv[3], NULL, 10); left > 0; left--) one(&q, seed);
  return 0;
}

static int info(const char *path) {
  struct queue q;
  open_queue(&q, path, 0, 0);
  uint64_t messages = (*producer_index(&q) + q.buckets - *consumer_index(&q)) % q.buckets;
  printf("{ \"messages\": %lu, \"producerIndex\": %lu, \"consumerIndex\": %lu, \"produced\": %lu, \"consumed\": %lu }\n",
         messages, *producer_index(&q), *consumer_index(&q), *producer_next(&q), *consumer_next(&q));
  return 0;
}

int main(int argc, char **argv) {
  const char *what = argc > 2 ? argv[1] : "";
  make_table();
  if (strcmp(what, "create") == 0 && argc == 5)
    return create(argv[2], strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
  if (strcmp(what, "produce") == 0) return move(argc, argv, put);
  if (strcmp(what, "consume") == 0) return move(argc, argv, get);
  if (strcmp(what, "info") == 0 && argc == 3) return info(argv[2]);
  return 2;
}

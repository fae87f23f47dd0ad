// pcq PATH produce|consume|alone COUNT: an end of famfs's producer/consumer queue, or both in turns, by famfs's own
// algorithm as of 2026, on the queue PATH and PATH.consumer. Prints { "ns": one message }, without the first tenth; alone
// { "produce": ns, "consume": ns }: the medians of filling and of emptying the whole queue, for one message.
//
// For each message the producer looks whether the queue is full, counts, takes zlib's checksum, copies the whole bucket,
// writes its lines back, moves its index and writes that back; the consumer invalidates the line of the producer's
// index, copies the whole bucket, checks checksum and number, moves its index and writes that back. SFENCE after each.
#include <cpuid.h>
#include <immintrin.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zlib.h>

#include "yardstick.h"

struct producer {
  uint64_t magic, buckets, bucket_size, array, index;
  char pad[1024];
  uint64_t next_seq, size;
};

struct consumer {
  uint32_t magic, pad;
  uint64_t index;
  char pad2[1048576];
  uint64_t next_seq, size;
};

struct queue {
  volatile struct producer* producer;
  volatile struct consumer* consumer;
  char* buckets;
  char* entry;
};

static volatile char* line_of(const volatile void* at) { return (volatile char*)((uintptr_t)at & ~(uintptr_t)63); }

__attribute__((target("clwb"))) static void clwb(const volatile void* at, uint64_t length) {
  for (volatile char* line = line_of(at); line < (const volatile char*)at + length; line += 64) _mm_clwb((void*)line);
  _mm_sfence();
}

__attribute__((target("clflushopt"))) static void clflushopt(const volatile void* at, uint64_t length) {
  for (volatile char* line = line_of(at); line < (const volatile char*)at + length; line += 64)
    _mm_clflushopt((void*)line);
  _mm_sfence();
}

static void clflush(const volatile void* at, uint64_t length) {
  for (volatile char* line = line_of(at); line < (const volatile char*)at + length; line += 64)
    _mm_clflush((void*)line);
  _mm_sfence();
}

typedef void (*lines)(const volatile void* at, uint64_t length);
static lines flush = clflush;
static lines invalidate = clflush;

static void choose(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return;
  if ((b & 1u << 23) != 0) flush = invalidate = clflushopt;
  if ((b & 1u << 24) != 0) flush = clwb;
}

static void* map_file(const char* path, int writable) {
  struct stat status;
  int fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &status) != 0) fail(path);
  int protection = PROT_READ | (writable ? PROT_WRITE : 0);
  void* at = mmap(NULL, (size_t)status.st_size, protection, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (at == MAP_FAILED) fail("mmap");
  return at;
}

static void put(struct queue* queue) {
  volatile struct producer* own = queue->producer;
  uint64_t index;
  for (;;) {
    index = own->index;
    if ((index + 1) % own->buckets != queue->consumer->index) break;
    invalidate(&queue->consumer->index, sizeof queue->consumer->index);
    sched_yield();
  }
  uint64_t size = own->bucket_size;
  uint64_t number = own->next_seq++;
  memcpy(queue->entry + size - 16, &number, 8);
  uint64_t checksum = crc32(crc32(0, Z_NULL, 0), (const Bytef*)queue->entry, (uInt)(size - 8));
  memcpy(queue->entry + size - 8, &checksum, 8);
  char* bucket = queue->buckets + index * size;
  memcpy(bucket, queue->entry, size);
  flush(bucket, size);
  own->index = (index + 1) % own->buckets;
  flush(&own->index, sizeof own->index);
}

static void get(struct queue* queue) {
  volatile struct consumer* own = queue->consumer;
  uint64_t index;
  for (;;) {
    index = own->index;
    invalidate(&queue->producer->index, sizeof queue->producer->index);
    if (index != queue->producer->index) break;
    sched_yield();
  }
  uint64_t size = queue->producer->bucket_size;
  uint64_t expected = own->next_seq++;
  const char* bucket = queue->buckets + index * size;
  for (int tries = 0;; tries++) {
    uint64_t checksum, number;
    memcpy(queue->entry, bucket, size);
    memcpy(&number, queue->entry + size - 16, 8);
    memcpy(&checksum, queue->entry + size - 8, 8);
    int good = crc32(crc32(0, Z_NULL, 0), (const Bytef*)queue->entry, (uInt)(size - 8)) == checksum;
    if (good && number == expected) break;
    if (good || tries == 2) {
      fprintf(stderr, "pcq: bad message, number %lu, expected %lu\n", number, expected);
      exit(1);
    }
    invalidate(bucket, size);
  }
  own->index = (own->index + 1) % queue->producer->buckets;
  flush(&own->index, sizeof own->index);
}

static void open_queue(struct queue* queue, const char* path, int produces, int consumes) {
  char consumer[4096];
  snprintf(consumer, sizeof consumer, "%s.consumer", path);
  queue->producer = map_file(path, produces);
  queue->consumer = map_file(consumer, consumes);
  queue->buckets = (char*)queue->producer + queue->producer->array;
  queue->entry = calloc(1, queue->producer->bucket_size);
  if (queue->entry == NULL) fail("calloc");
}

static void alone(struct queue* queue, uint64_t messages) {
  uint64_t burst = queue->producer->buckets - 1;
  uint64_t laps = messages / burst;
  double* producing = calloc(laps, sizeof *producing);
  double* consuming = calloc(laps, sizeof *consuming);
  if (producing == NULL || consuming == NULL) fail("calloc");
  for (uint64_t lap = 0; lap < laps; lap++) {
    uint64_t start = now_ns();
    for (uint64_t i = 0; i < burst; i++) put(queue);
    uint64_t middle = now_ns();
    for (uint64_t i = 0; i < burst; i++) get(queue);
    producing[lap] = (double)(middle - start) / (double)burst;
    consuming[lap] = (double)(now_ns() - middle) / (double)burst;
  }
  printf("{ \"produce\": %.2f, \"consume\": %.2f }\n", median(producing, laps), median(consuming, laps));
}

static void flow(struct queue* queue, int produces, uint64_t messages) {
  uint64_t start = now_ns();
  for (uint64_t i = 0; i < messages; i++) {
    if (i == messages / 10) start = now_ns();
    if (produces) {
      put(queue);
    } else {
      get(queue);
    }
  }
  printf("{ \"ns\": %.2f }\n", (double)(now_ns() - start) / (double)(messages - messages / 10));
}

int main(int count, char** arguments) {
  uint64_t messages = argument(count, arguments, 3);
  int is_alone = strcmp(arguments[2], "alone") == 0;
  int produces = strcmp(arguments[2], "produce") == 0;
  struct queue queue;
  choose();
  open_queue(&queue, arguments[1], produces || is_alone, !produces);
  if (is_alone) {
    alone(&queue, messages);
  } else {
    flow(&queue, produces, messages);
  }
  return 0;
}

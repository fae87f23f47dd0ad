// broadcast PATH coherent|incoherent RUN LAPS: what lib/structures/broadcast does, in C: messages of 64 bytes, RUN at a
// time, written and then read until the capacity is used up. Prints { "write": ns, "read": ns } of one message, medians
// over the laps. PATH is a file of at least 128 + 64 * 1088 bytes.
#include <immintrin.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "yardstick.h"

enum { kCapacity = 1024, kMostRun = 64, kSlots = kCapacity + kMostRun, kMessage = 64 };

struct message {
  double id, price;
  char rest[48];
};

struct broadcast {
  _Atomic uint64_t tail;
  char pad[120];
  struct message slots[kSlots];
};

static struct broadcast* ring;
static int incoherent;
static uint64_t run;
static uint64_t position;
static uint64_t seen;
static struct message copies[kMostRun];
static volatile double sink;

__attribute__((target("clwb"))) static void write_back(void* at, uint64_t length) {
  for (char* line = at; line < (char*)at + length; line += 64) _mm_clwb(line);
}

__attribute__((target("clflushopt"))) static void fetch(void* at, uint64_t length) {
  _mm_mfence();
  for (char* line = at; line < (char*)at + length; line += 64) _mm_clflushopt(line);
  _mm_mfence();
}

static void write_run(uint64_t number, uint64_t count) {
  struct message* slots = &ring->slots[number % kSlots];
  for (uint64_t i = 0; i < count; i++) {
    slots[i].id = (double)(number + i);
    slots[i].price = (double)(number + i) + 1;
  }
  if (!incoherent) {
    atomic_store(&ring->tail, number + count);
    return;
  }
  write_back(slots, count * kMessage);
  _mm_sfence();
  atomic_store_explicit(&ring->tail, number + count, memory_order_release);
  write_back(&ring->tail, 8);
  _mm_mfence();
}

static void look(void) {
  if (incoherent) fetch(&ring->tail, 8);
  seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
}

static uint64_t read_run(uint64_t limit) {
  if (seen == position) look();
  uint64_t count = seen - position < limit ? seen - position : limit;
  uint64_t slot = position % kSlots;
  if (count > kSlots - slot) count = kSlots - slot;
  if (incoherent) fetch(&ring->slots[slot], count * kMessage);
  memcpy(copies, &ring->slots[slot], count * kMessage);
  look();
  if (seen - position > kCapacity) exit(3);
  double sum = 0;
  for (uint64_t i = 0; i < count; i++) sum += copies[i].id + copies[i].price;
  sink = sum;
  position += count;
  return count;
}

int main(int count, char** arguments) {
  run = argument(count, arguments, 3);
  uint64_t laps = argument(count, arguments, 4);
  incoherent = strcmp(arguments[2], "incoherent") == 0;
  int fd = open_file(arguments[1]);
  ring = mmap(NULL, sizeof *ring, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (ring == MAP_FAILED) fail("mmap");
  memset(ring, 0, sizeof *ring);
  double* writing = calloc(laps, sizeof *writing);
  double* reading = calloc(laps, sizeof *reading);
  if (writing == NULL || reading == NULL) fail("calloc");
  uint64_t number = 0;
  for (uint64_t lap = 0; lap < laps; lap++) {
    uint64_t start = now_ns();
    for (uint64_t end = number + kCapacity; number < end;) {
      uint64_t part = end - number < run ? end - number : run;
      uint64_t left = kSlots - number % kSlots;
      if (part > left) part = left;
      write_run(number, part);
      number += part;
    }
    uint64_t middle = now_ns();
    while (position < number) read_run(run);
    writing[lap] = (double)(middle - start) / kCapacity;
    reading[lap] = (double)(now_ns() - middle) / kCapacity;
  }
  printf("{ \"write\": %.2f, \"read\": %.2f }\n", median(writing, laps), median(reading, laps));
  return 0;
}

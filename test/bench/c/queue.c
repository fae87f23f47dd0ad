// queue FILE produce|consume|ping|pong coherent|incoherent CAPACITY BATCH COUNT: an end of a ring for one producer and one
// consumer, by the protocol of SharedQueue, with messages of 64 bytes; for ping and pong there are two rings. Prints
// { "ns": one message, or one round trip }, without the first tenth.
//
// A ring in the file: tail, head, each in a line of its own 128 bytes apart, then the messages. Each side looks at the
// other's word only when it knows of no room, or of no message; on incoherent memory words are published and observed,
// and messages written back and fetched, with the fences of docs/memory-model.md.
#include <cpuid.h>
#include <immintrin.h>
#include <string.h>
#include <sys/mman.h>

#include "yardstick.h"

#define MESSAGE 64
#define FETCH (32768 / MESSAGE)

struct ring {
  uint64_t* tail;
  uint64_t* head;
  char* slots;
  uint64_t capacity, own, index, other, ready;
};

static int incoherent;

__attribute__((target("clwb"))) static void write_back(const char* at, uint64_t length) {
  for (uint64_t i = 0; i < length; i += 64) _mm_clwb((void*)(uintptr_t)(at + i));
}

__attribute__((target("clflushopt"))) static void invalidate(const char* at, uint64_t length) {
  _mm_mfence();
  for (uint64_t i = 0; i < length; i += 64) _mm_clflushopt((void*)(uintptr_t)(at + i));
  _mm_mfence();
}

static void publish(uint64_t* word, uint64_t value, const char* payload, uint64_t length) {
  if (incoherent && length > 0) {
    write_back(payload, length);
    _mm_sfence();
  }
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
  if (!incoherent) return;
  write_back((const char*)word, 8);
  _mm_mfence();
}

static uint64_t observe(uint64_t* word) {
  if (incoherent) invalidate((const char*)word, 8);
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

static void advance(struct ring* ring, uint64_t count) {
  ring->own += count;
  ring->index += count;
  if (ring->index == ring->capacity) ring->index = 0;
}

static void put(struct ring* ring, uint64_t wanted, uint64_t* number) {
  uint64_t room;
  while ((room = ring->capacity - (ring->own - ring->other)) < 1) ring->other = observe(ring->head);
  uint64_t count = least(least(wanted, room), ring->capacity - ring->index);
  char* at = ring->slots + ring->index * MESSAGE;
  for (uint64_t i = 0; i < count; i++) {
    double value = (double)(*number)++;
    volatile double* fields = (volatile double*)(at + i * MESSAGE);
    for (int field = 0; field < 8; field++) fields[field] = value + field;
  }
  publish(ring->tail, ring->own + count, at, count * MESSAGE);
  advance(ring, count);
}

static double get(struct ring* ring, uint64_t wanted, uint64_t* taken) {
  if (ring->own == ring->ready) {
    while (ring->other == ring->own) ring->other = observe(ring->tail);
    uint64_t count = least(least(ring->other - ring->own, ring->capacity - ring->index), FETCH);
    if (incoherent) invalidate(ring->slots + ring->index * MESSAGE, count * MESSAGE);
    ring->ready = ring->own + count;
  }
  uint64_t count = least(wanted, ring->ready - ring->own);
  const char* at = ring->slots + ring->index * MESSAGE;
  double sum = 0;
  for (uint64_t i = 0; i < count; i++) {
    const volatile double* fields = (const volatile double*)(at + i * MESSAGE);
    for (int field = 0; field < 8; field++) sum += fields[field];
  }
  publish(ring->head, ring->own + count, NULL, 0);
  advance(ring, count);
  *taken = count;
  return sum;
}

static struct ring ring_at(char* memory, uint64_t capacity) {
  struct ring ring = {0};
  ring.tail = (uint64_t*)(void*)memory;
  ring.head = (uint64_t*)(void*)(memory + 128);
  ring.slots = memory + 256;
  ring.capacity = capacity;
  return ring;
}

int main(int count, char** arguments) {
  uint64_t capacity = argument(count, arguments, 4);
  uint64_t batch = argument(count, arguments, 5);
  uint64_t messages = argument(count, arguments, 6);
  const char* role = arguments[2];
  incoherent = strcmp(arguments[3], "incoherent") == 0;
  uint64_t size = 256 + capacity * MESSAGE;
  char* memory = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, open_file(arguments[1]), 0);
  if (memory == MAP_FAILED) fail("mmap");
  struct ring first = ring_at(memory, capacity);
  struct ring second = ring_at(memory + size, capacity);
  uint64_t number = 0, done = 0, start = now_ns(), skipped = 0, taken = 0;
  double sum = 0;
  while (done < messages) {
    if (skipped == 0 && done >= messages / 10) {
      start = now_ns();
      skipped = done;
    }
    if (strcmp(role, "produce") == 0) {
      uint64_t before = number;
      put(&first, least(batch, messages - done), &number);
      taken = number - before;
    } else if (strcmp(role, "consume") == 0) {
      sum += get(&first, batch, &taken);
    } else if (strcmp(role, "ping") == 0) {
      put(&first, 1, &number);
      sum += get(&second, 1, &taken);
    } else {
      sum += get(&first, 1, &taken);
      put(&second, 1, &number);
    }
    done += taken;
  }
  printf("{ \"ns\": %.2f, \"sum\": %.0f }\n", (double)(now_ns() - start) / (double)(messages - skipped), sum);
  return 0;
}

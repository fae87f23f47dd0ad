// structures PATH OFFSET coherent|incoherent WHAT COUNT: what the library's structures do with the same bytes, in C.
// OFFSET is where the structure's own bytes begin in the segment PATH. Prints { "ns": one operation }, the median of
// 1,000 samples, or for record-write without end: it prints nothing and goes on until it is killed.
//
//   record-read, record-write, record-write-endless   a record of 256 bytes with one writer
//   counter-add, counter-value                        of participant 0, of 8 participants
//   atomics-load                                      on incoherent memory, of 8 participants
//
// The steps are those of docs/structures/: on coherent memory acquire loads, release stores and a full fence where a
// write ends; on incoherent memory CLWB, CLFLUSHOPT, SFENCE and MFENCE as well, and the record's CRC-32C by
// instruction.
#include <immintrin.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "yardstick.h"

enum { kRecord = 256, kVersion = kRecord + 16, kSlot = 512, kParticipants = 8, kSamples = 1000 };

static int incoherent;
static char* body;

typedef _Atomic uint64_t word;

__attribute__((target("clwb"))) static void write_back(const void* at, size_t length) {
  if (!incoherent) return;
  const char* line = (const char*)((uintptr_t)at & ~(uintptr_t)63);
  for (; line < (const char*)at + length; line += 64) _mm_clwb((void*)line);
}

__attribute__((target("clflushopt"))) static void invalidate(const void* at, size_t length) {
  if (!incoherent) return;
  _mm_mfence();
  const char* line = (const char*)((uintptr_t)at & ~(uintptr_t)63);
  for (; line < (const char*)at + length; line += 64) _mm_clflushopt((void*)line);
  _mm_mfence();
}

static uint64_t observe(word* at) {
  invalidate(at, 8);
  return atomic_load_explicit(at, memory_order_acquire);
}

static void store_fence(void) {
  if (incoherent) _mm_sfence();
}

static void publish(word* at, uint64_t value) {
  atomic_store_explicit(at, value, memory_order_release);
  write_back(at, 8);
  atomic_thread_fence(memory_order_seq_cst);
}

__attribute__((target("sse4.2"))) static uint32_t crc32c(const char* bytes, size_t length) {
  uint64_t sum = ~0u;
  for (size_t i = 0; i < length; i += 8) {
    uint64_t eight;
    memcpy(&eight, bytes + i, 8);
    sum = _mm_crc32_u64(sum, eight);
  }
  return ~(uint32_t)sum;
}

static word* selector(void) { return (word*)(body + 128); }
static word* slot(uint64_t version) { return (word*)(body + 256 + version % 2 * kSlot); }

static char copy[kVersion];

static void record_read(void) {
  for (;;) {
    uint64_t version = observe(selector());
    word* at = slot(version);
    invalidate((char*)at + 128, kVersion);
    memcpy(copy, (char*)at + 128, kVersion);
    atomic_thread_fence(memory_order_acquire);
    if (observe(at) != 2 * version) continue;
    uint32_t sum;
    memcpy(&sum, copy + kVersion - 8, 4);
    if (!incoherent || crc32c(copy, kVersion - 8) == sum) return;
  }
}

static void record_write(void) {
  uint64_t version = atomic_load_explicit(selector(), memory_order_relaxed) + 1;
  word* at = slot(version);
  memcpy(copy, &version, 8);
  uint32_t sum = incoherent ? crc32c(copy, kVersion - 8) : 0;
  memcpy(copy + kVersion - 8, &sum, 4);
  atomic_store_explicit(at, atomic_load_explicit(at, memory_order_relaxed) | 1, memory_order_release);
  write_back(at, 8);
  store_fence();
  atomic_thread_fence(memory_order_release);
  memcpy((char*)at + 128, copy, kVersion);
  write_back((char*)at + 128, kVersion);
  store_fence();
  publish(at, 2 * version);
  publish(selector(), version);
}

static uint64_t total;
static uint64_t sink;

static void counter_add(void) {
  total += 3;
  publish((word*)body, total);
}

static void counter_value(void) {
  uint64_t sum = 0;
  for (size_t i = 0; i < kParticipants; i++) {
    sum -= observe((word*)(body + 128 * i + 8));
    sum += observe((word*)(body + 128 * i));
  }
  sink += sum;
}

static void atomics_load(void) {
  uint64_t ticket = 0, value = 0;
  for (size_t i = 0; i < kParticipants; i++) {
    for (size_t version = 0; version < 2; version++) {
      word* at = (word*)(body + 128 * (kParticipants + i) + 16 * version);
      uint64_t found = observe(at);
      uint64_t candidate = atomic_load_explicit(at + 1, memory_order_acquire);
      if (atomic_load_explicit(at, memory_order_acquire) != found || found % 2 != 0 || found < ticket) continue;
      ticket = found;
      value = candidate;
    }
  }
  sink += value;
}

// Loops of their own, into which the operations are inlined.
#define OPERATION(name)                          \
  static void name##_loop(uint64_t times) {      \
    for (uint64_t i = 0; i < times; i++) name(); \
  }
OPERATION(record_read)
OPERATION(record_write)
OPERATION(counter_add)
OPERATION(counter_value)
OPERATION(atomics_load)

static const struct {
  const char* name;
  void (*loop)(uint64_t times);
} kOperations[] = {
    {"record-read", record_read_loop},           {"record-write", record_write_loop},
    {"record-write-endless", record_write_loop}, {"counter-add", counter_add_loop},
    {"counter-value", counter_value_loop},       {"atomics-load", atomics_load_loop},
};

static char* map_body(const char* path, uint64_t offset) {
  struct stat status;
  int fd = open_file(path);
  if (fstat(fd, &status) != 0) fail(path);
  char* at = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (at == MAP_FAILED) fail("mmap");
  return at + offset;
}

int main(int count, char** arguments) {
  uint64_t operations = argument(count, arguments, 5) / kSamples + 1;
  body = map_body(arguments[1], argument(count, arguments, 2));
  incoherent = strcmp(arguments[3], "incoherent") == 0;
  void (*loop)(uint64_t times) = NULL;
  for (size_t i = 0; i < sizeof kOperations / sizeof *kOperations; i++) {
    if (strcmp(arguments[4], kOperations[i].name) == 0) loop = kOperations[i].loop;
  }
  if (loop == NULL) {
    fprintf(stderr, "structures: unknown operation %s\n", arguments[4]);
    return 2;
  }
  if (strcmp(arguments[4], "record-write-endless") == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) loop(operations);
  }
  double samples[kSamples];
  loop(operations);
  for (size_t sample = 0; sample < kSamples; sample++) {
    uint64_t start = now_ns();
    loop(operations);
    samples[sample] = (double)(now_ns() - start) / (double)operations;
  }
  printf("{ \"ns\": %.2f }\n", median(samples, kSamples));
  return sink == 1;
}

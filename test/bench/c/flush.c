// flush PATH write-back|invalidate LENGTH COUNT: times the instructions that the library uses on the file's first bytes,
// called COUNT times. Prints { "ns": one call }.
#include <cpuid.h>
#include <immintrin.h>
#include <string.h>
#include <sys/mman.h>

#include "yardstick.h"

__attribute__((target("clwb"))) static void clwb(char* at, const char* end) {
  for (; at < end; at += 64) _mm_clwb(at);
}

__attribute__((target("clflushopt"))) static void clflushopt(char* at, const char* end) {
  for (; at < end; at += 64) _mm_clflushopt(at);
}

static void clflush(char* at, const char* end) {
  for (; at < end; at += 64) _mm_clflush(at);
}

typedef void (*lines)(char* at, const char* end);

static lines choose(int write_back) {
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return clflush;
  if (write_back && (b & 1u << 24) != 0) return clwb;
  return (b & 1u << 23) != 0 ? clflushopt : clflush;
}

int main(int count, char** arguments) {
  uint64_t length = argument(count, arguments, 3);
  uint64_t calls = argument(count, arguments, 4);
  int write_back = strcmp(arguments[2], "write-back") == 0;
  char* at = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, open_file(arguments[1]), 0);
  if (at == MAP_FAILED) fail("mmap");
  volatile lines flush = choose(write_back);
  memset(at, 1, length);
  uint64_t start = 0;
  // The first tenth is not counted.
  for (uint64_t i = 0; i < calls + calls / 10; i++) {
    if (i == calls / 10) start = now_ns();
    if (!write_back) _mm_mfence();
    flush(at, at + length);
    if (!write_back) _mm_mfence();
  }
  printf("{ \"ns\": %.2f }\n", (double)(now_ns() - start) / (double)calls);
  return 0;
}

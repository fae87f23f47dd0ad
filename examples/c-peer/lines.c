#include "lines.h"

#include <stdint.h>

#ifdef __x86_64__

#include <cpuid.h>
#include <immintrin.h>

#define LINE 64
#define HAS_CLFLUSHOPT (1u << 23)
#define HAS_CLWB (1u << 24)

/* Asked once a thread: CPUID is slow, and slower in a guest. */
static bool has(unsigned feature) {
  static _Thread_local unsigned known;
  unsigned a, b = 0, c, d;
  if (known == 0) known = (__get_cpuid_count(7, 0, &a, &b, &c, &d) ? b : 0) | 1;
  return (known & feature) != 0;
}

__attribute__((target("clwb"))) static void clwb(const char *at, const char *end) {
  for (; at < end; at += LINE) _mm_clwb((void *)(uintptr_t)at);
}

__attribute__((target("clflushopt"))) static void clflushopt(const char *at, const char *end) {
  for (; at < end; at += LINE) _mm_clflushopt((void *)(uintptr_t)at);
}

static void clflush(const char *at, const char *end) {
  for (; at < end; at += LINE) _mm_clflush(at);
}

static const char *line_of(const void *at) { return (const char *)((uintptr_t)at & ~(uintptr_t)(LINE - 1)); }

bool lines_supported(void) { return true; }

void lines_write_back(const void *at, size_t length) {
  const char *end = (const char *)at + length;
  if (has(HAS_CLWB)) {
    clwb(line_of(at), end);
  } else if (has(HAS_CLFLUSHOPT)) {
    clflushopt(line_of(at), end);
  } else {
    clflush(line_of(at), end);
  }
}

/* CLWB may leave the line in the cache, so it does not serve. */
void lines_invalidate(const void *at, size_t length) {
  const char *end = (const char *)at + length;
  if (has(HAS_CLFLUSHOPT)) {
    clflushopt(line_of(at), end);
  } else {
    clflush(line_of(at), end);
  }
}

void lines_store_fence(void) { _mm_sfence(); }
void lines_full_fence(void) { _mm_mfence(); }

#else

bool lines_supported(void) { return false; }
void lines_write_back(const void *at, size_t length) { (void)at, (void)length; }
void lines_invalidate(const void *at, size_t length) { (void)at, (void)length; }
void lines_store_fence(void) {}
void lines_full_fence(void) {}

#endif

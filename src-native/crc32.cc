#include "crc32.h"

#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace famfs {
namespace {

// The polynomial with its highest power in the lowest bit, as all bytes come.
constexpr uint32_t kPolynomial = 0xedb88320;

// Eight bytes a step: tables[k][b] is what the byte b does to the sum k bytes later.
struct Tables {
  uint32_t at[8][256];
};

Tables MakeTables() {
  Tables tables;
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t sum = byte;
    for (int bit = 0; bit < 8; bit++) sum = (sum >> 1) ^ ((sum & 1) != 0 ? kPolynomial : 0);
    tables.at[0][byte] = sum;
  }
  for (uint32_t byte = 0; byte < 256; byte++) {
    for (size_t k = 1; k < 8; k++) {
      uint32_t sum = tables.at[k - 1][byte];
      tables.at[k][byte] = (sum >> 8) ^ tables.at[0][sum & 0xff];
    }
  }
  return tables;
}

uint64_t LoadWord(const uint8_t* at) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  return word;
}

uint32_t ByTables(const uint8_t* at, size_t length, uint32_t sum) {
  static const Tables tables = MakeTables();
  for (; length > 0; at += 8, length -= 8) {
    uint64_t word = LoadWord(at) ^ sum;
    sum = 0;
    for (size_t k = 0; k < 8; k++) sum ^= tables.at[7 - k][word >> (8 * k) & 0xff];
  }
  return sum;
}

#if defined(__x86_64__)

// Carries a block of 16 bytes over a distance: the powers of x for its two halves, modulo the polynomial.
__attribute__((target("pclmul"))) inline __m128i Carry(__m128i block, __m128i powers) {
  return _mm_xor_si128(_mm_clmulepi64_si128(block, powers, 0x00), _mm_clmulepi64_si128(block, powers, 0x11));
}

inline __m128i LoadBlock(const uint8_t* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }

// Replaces all whole blocks by one of the same remainder.
__attribute__((target("pclmul"))) uint32_t ByMultiplying(const uint8_t* at, size_t length, uint32_t sum) {
  if (length < 32) return ByTables(at, length, sum);
  const __m128i over16 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
  const __m128i over64 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);
  __m128i block = _mm_xor_si128(LoadBlock(at), _mm_cvtsi32_si128(static_cast<int>(sum)));
  at += 16, length -= 16;
  if (length >= 112) {
    __m128i lanes[4] = {block, LoadBlock(at), LoadBlock(at + 16), LoadBlock(at + 32)};
    for (at += 48, length -= 48; length >= 64; at += 64, length -= 64) {
      for (size_t i = 0; i < 4; i++) lanes[i] = _mm_xor_si128(Carry(lanes[i], over64), LoadBlock(at + 16 * i));
    }
    block = lanes[0];
    for (size_t i = 1; i < 4; i++) block = _mm_xor_si128(Carry(block, over16), lanes[i]);
  }
  for (; length >= 16; at += 16, length -= 16) block = _mm_xor_si128(Carry(block, over16), LoadBlock(at));
  uint8_t rest[16];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(rest), block);
  return ByTables(at, length, ByTables(rest, sizeof rest, 0));
}

bool CanMultiply() {
  uint32_t a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_PCLMUL) != 0;
}

const auto by_best = CanMultiply() ? ByMultiplying : ByTables;

#elif defined(__aarch64__)

__attribute__((target("+crc"))) uint32_t ByInstruction(const uint8_t* at, size_t length, uint32_t sum) {
  for (; length > 0; at += 8, length -= 8) sum = __crc32d(sum, LoadWord(at));
  return sum;
}

const auto by_best = (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0 ? ByInstruction : ByTables;

#else
const auto by_best = ByTables;
#endif

}  // namespace

uint32_t Crc32(const uint8_t* at, size_t length, uint32_t before) { return ~by_best(at, length, ~before); }

}  // namespace famfs

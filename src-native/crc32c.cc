#include "crc32c.h"

#include <cstring>

#include "target.h"

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
constexpr uint32_t kPolynomial = 0x82f63b78;

// For the few CPUs that have no instruction for it.
uint32_t ByBits(const uint8_t* at, size_t length, uint32_t sum) {
  for (; length > 0; at++, length--) {
    sum ^= *at;
    for (int bit = 0; bit < 8; bit++) sum = (sum >> 1) ^ ((sum & 1) != 0 ? kPolynomial : 0);
  }
  return sum;
}

[[maybe_unused]] uint64_t LoadWord(const uint8_t* at) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  return word;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) uint32_t ByInstruction(const uint8_t* at, size_t length, uint32_t sum) {
  uint64_t wide = sum;
  for (; length >= 8; at += 8, length -= 8) wide = _mm_crc32_u64(wide, LoadWord(at));
  sum = static_cast<uint32_t>(wide);
  for (; length > 0; at++, length--) sum = _mm_crc32_u8(sum, *at);
  return sum;
}

bool HasInstruction() {
  uint32_t a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_SSE4_2) != 0;
}

const auto by_best = HasInstruction() ? ByInstruction : ByBits;

#elif defined(__aarch64__)

__attribute__((target("+crc"))) uint32_t ByInstruction(const uint8_t* at, size_t length, uint32_t sum) {
  for (; length >= 8; at += 8, length -= 8) sum = __crc32cd(sum, LoadWord(at));
  for (; length > 0; at++, length--) sum = __crc32cb(sum, *at);
  return sum;
}

const auto by_best = (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0 ? ByInstruction : ByBits;

#else
const auto by_best = ByBits;
#endif

}  // namespace

// crc32c(bytes, start, end): of the bytes from `start` up to `end`, as a signed number, for which nothing is allocated.
Napi::Value Crc32c(const Napi::CallbackInfo& info) {
  Bytes bytes = ToBytes(info, 0);
  uint64_t start = ToUint(info, 1);
  uint64_t end = ToUint(info, 2);
  if (start > end || end > bytes.length) throw Napi::RangeError::New(info.Env(), "famfs addon: outside of the bytes");
  uint32_t sum = ~by_best(bytes.data + start, end - start, ~0U);
  napi_value result = nullptr;
  napi_create_int32(info.Env(), static_cast<int32_t>(sum), &result);
  return {info.Env(), result};
}

}  // namespace famfs

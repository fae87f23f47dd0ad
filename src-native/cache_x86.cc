#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#include <cstdlib>
#include <cstring>

#include "cache.h"

namespace famfs::cache {
namespace {

using LineLoop = void (*)(const uint8_t* at, const uint8_t* end, size_t line);

// Loops of their own, because an intrinsic is inlined only where its instruction set is enabled.
__attribute__((target("clwb"))) void Clwb(const uint8_t* at, const uint8_t* end, size_t line) {
  for (; at < end; at += line) _mm_clwb(const_cast<uint8_t*>(at));
}

__attribute__((target("clflushopt"))) void ClflushOpt(const uint8_t* at, const uint8_t* end, size_t line) {
  for (; at < end; at += line) _mm_clflushopt(const_cast<uint8_t*>(at));
}

void Clflush(const uint8_t* at, const uint8_t* end, size_t line) {
  for (; at < end; at += line) _mm_clflush(at);
}

struct Instruction {
  const char* name;
  LineLoop loop;
};

// Best first. CLWB alone may leave the line cached, so it cannot invalidate.
constexpr Instruction kInstructions[] = {{"clwb", Clwb}, {"clflushopt", ClflushOpt}, {"clflush", Clflush}};
constexpr size_t kCount = sizeof kInstructions / sizeof kInstructions[0];

struct Chosen {
  const char* available[kCount + 1] = {};
  LineLoop write_back = nullptr;
  LineLoop invalidate = nullptr;
  Support support{};
};

void Detect(bool (&has)[kCount], uint32_t& line_size) {
  uint32_t a = 0, b = 0, c = 0, d = 0;
  line_size = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) != 0) {
    has[2] = (d & (1u << 19)) != 0;
    line_size = ((b >> 8) & 0xff) * 8;
  }
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) != 0) {
    has[0] = (b & (1u << 24)) != 0;
    has[1] = (b & (1u << 23)) != 0;
  }
}

Chosen Choose() {
  Chosen chosen;
  bool has[kCount] = {};
  Detect(has, chosen.support.line_size);
  // Read once, before anything of ours could change it.
  const char* forced = getenv("FAMFS_WRITEBACK");  // NOLINT(concurrency-mt-unsafe)
  if (forced != nullptr && *forced == '\0') forced = nullptr;
  chosen.support.forced = forced;
  size_t count = 0;
  for (size_t i = 0; i < kCount; i++) {
    if (!has[i]) continue;
    const Instruction& instruction = kInstructions[i];
    chosen.available[count++] = instruction.name;
    bool wanted = forced == nullptr || strcmp(forced, instruction.name) == 0;
    if (wanted && chosen.write_back == nullptr) {
      chosen.write_back = instruction.loop;
      chosen.support.write_back = instruction.name;
    }
    // What is forced for write-backs is used to invalidate too, where it can.
    bool invalidates = instruction.loop != Clwb && (wanted || (forced != nullptr && strcmp(forced, "clwb") == 0));
    if (invalidates && chosen.invalidate == nullptr) {
      chosen.invalidate = instruction.loop;
      chosen.support.invalidate = instruction.name;
    }
  }
  return chosen;
}

const Chosen& Get() {
  static const Chosen& chosen = *[] {
    auto* made = new Chosen(Choose());
    made->support.available = made->available;
    return made;
  }();
  return chosen;
}

// Read on every call; settled before the first one by the check that admits incoherent memory.
const Chosen& chosen_now = Get();

const uint8_t* LineOf(const uint8_t* at, size_t line) {
  return reinterpret_cast<const uint8_t*>(reinterpret_cast<uintptr_t>(at) & ~(static_cast<uintptr_t>(line) - 1));
}

}  // namespace

const Support& GetSupport() { return Get().support; }

void WriteBack(const uint8_t* at, size_t length) {
  if (length == 0) return;
  size_t line = chosen_now.support.line_size;
  chosen_now.write_back(LineOf(at, line), at + length, line);
}

void Invalidate(const uint8_t* at, size_t length) {
  if (length == 0) return;
  size_t line = chosen_now.support.line_size;
  chosen_now.invalidate(LineOf(at, line), at + length, line);
}

void StoreFence() { _mm_sfence(); }
void FullFence() { _mm_mfence(); }
void Pause() { _mm_pause(); }

}  // namespace famfs::cache

#endif

#pragma once

#include <napi.h>

#include "memory.h"
#include "region_table.h"
#include "util/js.h"

// Reads the arguments of the hot calls. A mapping is found through the process-wide table, which costs nothing; a
// wrong number is a bug in lib/ and throws.
namespace famfs {

// A mapping's bytes, and how this call treats them: arguments `mapping` and `treatment`.
class Target {
 public:
  // treatment: bit 0 for words of 64 bits, bits 1 and 2 the mode, the rest the site's number.
  Target(const Napi::CallbackInfo& info, size_t mapping, size_t treatment) : env_(info.Env()) {
    uint64_t slot = ToUint(info, mapping);
    uint64_t packed = ToUint(info, treatment);
    if (slot >= region_table::kMaxRegions) Throw("no such mapping");
    const Slot& entry = region_table::slots[slot];
    begin_ = entry.begin.load(std::memory_order_acquire);
    length_ = entry.end.load(std::memory_order_relaxed) - begin_;
    if (begin_ == 0) Throw("no such mapping");
    writable_ = entry.writable;
    wide_ = (packed & 1) != 0;
    treatment_ = {static_cast<Mode>(packed >> 1 & 3), static_cast<uint32_t>(packed >> 3), static_cast<uint32_t>(slot)};
  }

  const Treatment& treatment() const { return treatment_; }

  Range RangeAt(uint64_t offset, uint64_t length) const {
    if (offset > length_ || length > length_ - offset) Throw("outside of the mapping");
    return {reinterpret_cast<uint8_t*>(begin_ + offset), length};
  }

  Word WordAt(uint64_t offset) const {
    if (offset % (wide_ ? 8 : 4) != 0) Throw("misaligned word");
    return {RangeAt(offset, wide_ ? 8 : 4).at, wide_};
  }

  // Before a store: on a read-only mapping it would be a fault.
  void CheckWritable() const {
    if (!writable_) Throw("read-only mapping");
  }

 private:
  [[noreturn]] void Throw(const char* what) const {
    throw Napi::RangeError::New(env_, std::string("famfs addon: ") + what);
  }

  Napi::Env env_;
  uintptr_t begin_;
  uint64_t length_;
  bool writable_;
  bool wide_;
  Treatment treatment_;
};

// A typed array of the caller.
struct Bytes {
  uint8_t* data = nullptr;
  size_t length = 0;
  napi_typedarray_type type = napi_uint8_array;
};

inline Bytes ToBytes(const Napi::CallbackInfo& info, size_t index) {
  // By napi_typedarray_type, from napi_int8_array on.
  constexpr uint8_t kSizes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
  Bytes bytes;
  void* data = nullptr;
  napi_status status =
      napi_get_typedarray_info(info.Env(), info[index], &bytes.type, &bytes.length, &data, nullptr, nullptr);
  if (status != napi_ok || bytes.type >= sizeof kSizes)
    throw Napi::TypeError::New(info.Env(), "famfs addon: no typed array");
  bytes.length *= kSizes[bytes.type];
  bytes.data = static_cast<uint8_t*>(data);
  return bytes;
}

// The argument with at least `count` numbers that are offsets, lengths or counts.
inline const double* ToNumbers(const Napi::CallbackInfo& info, size_t index, size_t count) {
  Bytes bytes = ToBytes(info, index);
  if (bytes.length < count * sizeof(double)) throw Napi::TypeError::New(info.Env(), "famfs addon: too few numbers");
  const auto* numbers = reinterpret_cast<const double*>(bytes.data);
  for (size_t i = 0; i < count; i++) {
    if (!(numbers[i] >= 0 && numbers[i] <= kMaxSafeInteger))
      throw Napi::TypeError::New(info.Env(), "famfs addon: a number is no offset");
  }
  return numbers;
}

}  // namespace famfs

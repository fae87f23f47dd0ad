#include "coherence.h"

#include "commit.h"
#include "simulated.h"
#include "target.h"

namespace famfs {
namespace {

Napi::Value NameOrNull(Napi::Env env, const char* name) {
  return name == nullptr ? env.Null() : Napi::String::New(env, name).As<Napi::Value>();
}

Napi::Value ToNumber(const Napi::CallbackInfo& info, uint64_t value) {
  return Napi::Number::New(info.Env(), static_cast<double>(value));
}

}  // namespace

// cacheSupport(): what cache.h found out.
Napi::Value CacheSupport(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const cache::Support& support = cache::GetSupport();
  Napi::Array available = Napi::Array::New(env);
  for (uint32_t i = 0; support.available[i] != nullptr; i++) {
    available.Set(i, Napi::String::New(env, support.available[i]));
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("available", available);
  result.Set("forced", NameOrNull(env, support.forced));
  result.Set("writeBack", NameOrNull(env, support.write_back));
  result.Set("invalidate", NameOrNull(env, support.invalidate));
  result.Set("lineSize", Napi::Number::New(env, support.line_size));
  return result;
}

// siteNumber(name)
Napi::Value SiteNumber(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), site::NumberOf(info[0].ToString()));
}

// writeBack(mapping, treatment, offset, length)
Napi::Value WriteBack(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  Range range = target.RangeAt(ToUint(info, 2), ToUint(info, 3));
  WithMemory(target.treatment(), [&](auto memory) { memory.WriteBack(range, Step::kWriteBack); });
  return Napi::Value();
}

// invalidate(mapping, treatment, offset, length)
Napi::Value Invalidate(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  Range range = target.RangeAt(ToUint(info, 2), ToUint(info, 3));
  WithMemory(target.treatment(), [&](auto memory) {
    memory.FullFence(Step::kInvalidateFenceBefore);
    memory.Invalidate(range, Step::kInvalidate);
    memory.FullFence(Step::kInvalidateFenceAfter);
  });
  return Napi::Value();
}

// storeFence(site): a fence knows no mapping, it orders all of them.
Napi::Value StoreFence(const Napi::CallbackInfo& info) {
  cache::StoreFence();
  simulated::StoreFence(static_cast<uint32_t>(ToUint(info, 0)));
  return Napi::Value();
}

// fullFence(site)
Napi::Value FullFence(const Napi::CallbackInfo& info) {
  cache::FullFence();
  simulated::FullFence(static_cast<uint32_t>(ToUint(info, 0)));
  return Napi::Value();
}

// publish(mapping, treatment, offset, value, payloadOffset, payloadLength)
Napi::Value Publish(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  target.CheckWritable();
  Word word = target.WordAt(ToUint(info, 2));
  uint64_t value = ToUint(info, 3);
  Range payload = target.RangeAt(ToUint(info, 4), ToUint(info, 5));
  WithMemory(target.treatment(), [&](auto memory) { commit::Publish(memory, word, value, payload); });
  return Napi::Value();
}

// publishRanges(mapping, treatment, offset, value, ranges): a Float64Array of offsets and lengths in turn.
Napi::Value PublishRanges(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  target.CheckWritable();
  Word word = target.WordAt(ToUint(info, 2));
  uint64_t value = ToUint(info, 3);
  Bytes bytes = ToBytes(info, 4);
  const auto* ranges = reinterpret_cast<const double*>(bytes.data);
  size_t count = bytes.length / (2 * sizeof(double));
  auto range = [&](size_t i) {
    return target.RangeAt(static_cast<uint64_t>(ranges[2 * i]), static_cast<uint64_t>(ranges[2 * i + 1]));
  };
  for (size_t i = 0; i < count; i++) range(i);
  WithMemory(target.treatment(), [&](auto memory) {
    for (size_t i = 0; i < count; i++) memory.WriteBack(range(i), Step::kPublishPayload);
    if (count > 0) memory.StoreFence(Step::kPublishPayloadFence);
    commit::StoreWord(memory, word, value);
  });
  return Napi::Value();
}

// observe(mapping, treatment, offset)
Napi::Value Observe(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  Word word = target.WordAt(ToUint(info, 2));
  return WithMemory(target.treatment(), [&](auto memory) { return ToNumber(info, commit::Observe(memory, word)); });
}

// lookAgain(mapping, treatment, offset)
Napi::Value LookAgain(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  Word word = target.WordAt(ToUint(info, 2));
  return WithMemory(target.treatment(), [&](auto memory) { return ToNumber(info, commit::LookAgain(memory, word)); });
}

// begin(mapping, treatment, offset)
Napi::Value Begin(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  target.CheckWritable();
  Word word = target.WordAt(ToUint(info, 2));
  WithMemory(target.treatment(), [&](auto memory) { commit::Begin(memory, word); });
  return Napi::Value();
}

// overwrite(mapping, treatment, offset, value, payloadOffset, source): false where the word has this value already.
Napi::Value Overwrite(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  target.CheckWritable();
  Word word = target.WordAt(ToUint(info, 2));
  uint64_t value = ToUint(info, 3);
  Bytes source = ToBytes(info, 5);
  Range payload = target.RangeAt(ToUint(info, 4), source.length);
  bool done = WithMemory(target.treatment(), [&](auto memory) {
    if (memory.Load(word) == value) return false;
    commit::Overwrite(memory, word, value, payload, source.data);
    return true;
  });
  return Napi::Boolean::New(info.Env(), done);
}

// read(mapping, treatment, offset, payloadOffset, target): the commit word, or -1 where the copy is worthless.
Napi::Value Read(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  Word word = target.WordAt(ToUint(info, 2));
  Bytes copy = ToBytes(info, 4);
  Range payload = target.RangeAt(ToUint(info, 3), copy.length);
  uint64_t value = 0;
  bool whole = WithMemory(target.treatment(),
                          [&](auto memory) { return commit::Read(memory, word, copy.data, payload, value); });
  return Napi::Number::New(info.Env(), whole ? static_cast<double>(value) : -1);
}

// readAs(mapping, treatment, offset, value, payloadOffset, target): whether the word has the value after the copy.
Napi::Value ReadAs(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  Word word = target.WordAt(ToUint(info, 2));
  uint64_t value = ToUint(info, 3);
  Bytes copy = ToBytes(info, 5);
  Range payload = target.RangeAt(ToUint(info, 4), copy.length);
  bool whole = WithMemory(target.treatment(),
                          [&](auto memory) { return commit::ReadAs(memory, word, value, copy.data, payload); });
  return Napi::Boolean::New(info.Env(), whole);
}

// fetch(mapping, treatment, offset, length)
Napi::Value Fetch(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  Range range = target.RangeAt(ToUint(info, 2), ToUint(info, 3));
  WithMemory(target.treatment(), [&](auto memory) { commit::Fetch(memory, range); });
  return Napi::Value();
}

}  // namespace famfs

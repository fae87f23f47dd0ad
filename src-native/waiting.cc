#include "waiting.h"

#include <algorithm>
#include <cerrno>

#include "env.h"
#include "futex.h"
#include "target.h"

namespace famfs {
namespace {

constexpr double kMostMilliseconds = 1e12;  // longer is for ever

// (mapping, treatment, word, value, flags, { timeout, waiters }); flags: 1 at least, 2 and 4 the idle strategy.
std::shared_ptr<Wait> ToWait(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  auto wait = std::make_shared<Wait>();
  wait->treatment = target.treatment();
  wait->word = target.WordAt(ToUint(info, 2));
  uint64_t flags = ToUint(info, 4);
  wait->condition = {(flags & 1) != 0, wait->word.wide, ToUint(info, 3)};
  wait->idle = static_cast<Idle>(std::min<uint64_t>(flags >> 1, 2));
  auto more = info[5].As<Napi::Object>();
  double timeout = more.Get("timeout").ToNumber().DoubleValue();
  double waiters = more.Get("waiters").ToNumber().DoubleValue();
  if (waiters >= 0) {
    target.CheckWritable();
    wait->waiters = reinterpret_cast<uint32_t*>(target.RangeAt(static_cast<uint64_t>(waiters), 4).at);
  }
  wait->started = Now();
  wait->deadline = wait->started + static_cast<uint64_t>(std::min(timeout, kMostMilliseconds) * 1e6);
  return wait;
}

}  // namespace

// startWait(mapping, treatment, word, value, flags, { timeout, waiters, onEnd }): the wait's number.
Napi::Value StartWait(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::Of(info);
  auto wait = ToWait(info);
  wait->pin = environment.GetRegion(info, 0).Pin(ToUint(info, 2), wait->word.wide ? 8 : 4);
  auto on_end = info[5].As<Napi::Object>().Get("onEnd").As<Napi::Function>();
  return Napi::Number::New(info.Env(), static_cast<double>(environment.StartWait(std::move(wait), on_end)));
}

// endWait(wait): onEnd will not be called.
Napi::Value EndWait(const Napi::CallbackInfo& info) {
  Environment::Of(info).EndWait(ToUint(info, 0));
  return info.Env().Undefined();
}

// waitSync(mapping, treatment, word, value, flags, { timeout, waiters }): the word, or a negative errno.
Napi::Value WaitSync(const Napi::CallbackInfo& info) {
  auto wait = ToWait(info);
  int error = WaitHere(*wait);
  double result = error == 0 ? static_cast<double>(wait->found) : -static_cast<double>(error);
  return Napi::Number::New(info.Env(), result);
}

// wake(mapping, treatment, word): everybody who sleeps on it.
Napi::Value Wake(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  futex::WakeAll(reinterpret_cast<const uint32_t*>(target.RangeAt(ToUint(info, 2), 4).at), false);
  return Napi::Value();
}

}  // namespace famfs

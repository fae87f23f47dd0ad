#pragma once

#include <napi.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

// What the binding functions share: reading arguments that lib/ has already checked, and throwing what the system said.
namespace famfs {

// An Error that carries the system's errno (positive) and syscall; lib/native/binding.ts turns it into a FamfsError.
inline Napi::Error SystemError(Napi::Env env, int error, const char* syscall) {
  Napi::Error result = Napi::Error::New(env, std::string(syscall) + ": " + std::system_category().message(error));
  result.Set("errno", Napi::Number::New(env, error));
  result.Set("syscall", Napi::String::New(env, syscall));
  return result;
}

constexpr double kMaxSafeInteger = 9007199254740991.0;

// A non-negative integer argument. A wrong type is a bug in lib/, not a user's mistake: it throws, never crashes.
inline uint64_t ToUint(const Napi::CallbackInfo& info, size_t index) {
  double value = -1;
  if (napi_get_value_double(info.Env(), info[index], &value) != napi_ok) value = -1;
  if (!(value >= 0 && value <= kMaxSafeInteger)) {
    throw Napi::TypeError::New(info.Env(), "famfs addon: argument " + std::to_string(index) + " is no offset");
  }
  return static_cast<uint64_t>(value);
}

inline Napi::Function ToFunction(const Napi::CallbackInfo& info, size_t index) {
  if (!info[index].IsFunction()) {
    throw Napi::TypeError::New(info.Env(), "famfs addon: argument " + std::to_string(index) + " is no function");
  }
  return info[index].As<Napi::Function>();
}

}  // namespace famfs

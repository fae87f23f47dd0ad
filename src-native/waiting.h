#pragma once

#include <napi.h>

// The calls of JavaScript that wait and wake; types/native.d.ts describes them.
namespace famfs {

Napi::Value StartWait(const Napi::CallbackInfo& info);
Napi::Value EndWait(const Napi::CallbackInfo& info);
Napi::Value WaitSync(const Napi::CallbackInfo& info);
Napi::Value Wake(const Napi::CallbackInfo& info);

}  // namespace famfs

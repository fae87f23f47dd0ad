#pragma once

#include <napi.h>

// The calls of JavaScript that map, populate and let go; types/native.d.ts describes them.
namespace famfs {

Napi::Value GetPageSize(const Napi::CallbackInfo& info);
Napi::Value StatusWords(const Napi::CallbackInfo& info);
Napi::Value MapFile(const Napi::CallbackInfo& info);
Napi::Value CloseMapping(const Napi::CallbackInfo& info);
Napi::Value ForgetMapping(const Napi::CallbackInfo& info);
Napi::Value Prefault(const Napi::CallbackInfo& info);
Napi::Value Reserve(const Napi::CallbackInfo& info);
Napi::Value CancelJob(const Napi::CallbackInfo& info);

}  // namespace famfs

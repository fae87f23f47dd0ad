#pragma once

#include <napi.h>

// The calls of JavaScript that move lines between caches and memory, and those of commit words; types/native.d.ts
// describes them.
namespace famfs {

Napi::Value CacheSupport(const Napi::CallbackInfo& info);
Napi::Value SiteNumber(const Napi::CallbackInfo& info);
Napi::Value WriteBack(const Napi::CallbackInfo& info);
Napi::Value Invalidate(const Napi::CallbackInfo& info);
Napi::Value StoreFence(const Napi::CallbackInfo& info);
Napi::Value FullFence(const Napi::CallbackInfo& info);

Napi::Value Publish(const Napi::CallbackInfo& info);
Napi::Value PublishRanges(const Napi::CallbackInfo& info);
Napi::Value Observe(const Napi::CallbackInfo& info);
Napi::Value LookAgain(const Napi::CallbackInfo& info);
Napi::Value Begin(const Napi::CallbackInfo& info);
Napi::Value Overwrite(const Napi::CallbackInfo& info);
Napi::Value Read(const Napi::CallbackInfo& info);
Napi::Value ReadAs(const Napi::CallbackInfo& info);
Napi::Value Fetch(const Napi::CallbackInfo& info);

}  // namespace famfs

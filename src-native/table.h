#pragma once

#include <napi.h>

// A table of slots of one size, looked up by key; types/native.d.ts describes the call.
namespace famfs {

Napi::Value FindKeys(const Napi::CallbackInfo& info);

}  // namespace famfs

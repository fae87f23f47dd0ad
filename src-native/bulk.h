#pragma once

#include <napi.h>

// Records of one size that carry a number and a checksum, moved many at a time; types/native.d.ts describes the calls.
namespace famfs {

Napi::Value PublishRecords(const Napi::CallbackInfo& info);
Napi::Value FetchRecords(const Napi::CallbackInfo& info);

}  // namespace famfs

#pragma once

#include <napi.h>

// Records of one size, moved or looked through many at a time; types/native.d.ts describes the calls.
namespace famfs {

Napi::Value PublishRecords(const Napi::CallbackInfo& info);
Napi::Value FetchRecords(const Napi::CallbackInfo& info);
Napi::Value FindRecord(const Napi::CallbackInfo& info);

}  // namespace famfs

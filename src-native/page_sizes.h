#pragma once

#include <napi.h>

namespace famfs {

// pageSizes(mapping, offset, length)
Napi::Value PageSizes(const Napi::CallbackInfo& info);

}  // namespace famfs

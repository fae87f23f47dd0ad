#pragma once

#include <napi.h>

namespace famfs {

// getXattr(path, name)
Napi::Value GetXattr(const Napi::CallbackInfo& info);

}  // namespace famfs

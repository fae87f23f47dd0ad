#pragma once

#include <napi.h>

namespace famfs {

Napi::Value Zero(const Napi::CallbackInfo& info);

}  // namespace famfs

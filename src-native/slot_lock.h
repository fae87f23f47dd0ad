#pragma once

#include <napi.h>

// Locks on ranges of bytes of a file that belong to the open file (OFD locks): they end with it, so also when its
// process is killed, and they exclude other opens of the file in the same process too. The bytes need not exist.
namespace famfs {

Napi::Value LockRange(const Napi::CallbackInfo& info);
Napi::Value UnlockRange(const Napi::CallbackInfo& info);
Napi::Value RangeHeld(const Napi::CallbackInfo& info);

}  // namespace famfs

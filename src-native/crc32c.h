#pragma once

#include <napi.h>

// The CRC-32C of iSCSI and ext4, by the CPU's own instruction where it has one.
namespace famfs {

Napi::Value Crc32c(const Napi::CallbackInfo& info);

}  // namespace famfs

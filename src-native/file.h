#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "util/unique_fd.h"

namespace famfs {

namespace simulated {
class Copy;
}

// What a file lies on, as far as it matters here (lib/memory/kind.ts has the same numbers).
enum class Nature : uint32_t { kOther = 0, kTmpfs = 1, kFamfs = 2 };

// An open file, kept open by its FamfsFile and by each mapping of it: the fault guard asks it for the current size.
struct File {
  File(int descriptor, Nature nature);
  const UniqueFd fd;
  const bool on_tmpfs;
  // Of the famfs that it lies on, or 0: all of its files fail together.
  const uint32_t device;
  // Where this is a simulated host's copy of a file.
  std::shared_ptr<simulated::Copy> copy;
};

// A device number of stat(2) as a Slot has it.
uint32_t DeviceOf(uint64_t number);

// The size of a regular file without asking a file server, which may hang or be dead. Async-signal-safe.
std::optional<uint64_t> CachedSize(int fd);

Napi::Value AdoptFile(const Napi::CallbackInfo& info);
Napi::Value CloseFile(const Napi::CallbackInfo& info);
Napi::Value FileSize(const Napi::CallbackInfo& info);
Napi::Value LinkFile(const Napi::CallbackInfo& info);

}  // namespace famfs

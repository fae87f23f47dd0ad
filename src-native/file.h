#pragma once

#include <napi.h>

#include <memory>

#include "util/unique_fd.h"

namespace famfs {

namespace simulated {
class Copy;
}

// An open file, kept open by its FamfsFile and by each mapping of it: the fault guard asks it for the current size.
struct File {
  explicit File(int descriptor);
  const UniqueFd fd;
  const bool on_tmpfs;
  // Where this is a simulated host's copy of a file.
  std::shared_ptr<simulated::Copy> copy;
};

Napi::Value AdoptFile(const Napi::CallbackInfo& info);
Napi::Value CloseFile(const Napi::CallbackInfo& info);
Napi::Value FileSize(const Napi::CallbackInfo& info);
Napi::Value LinkFile(const Napi::CallbackInfo& info);

}  // namespace famfs

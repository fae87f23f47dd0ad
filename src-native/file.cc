#include "file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <string>

#include "env.h"
#include "util/js.h"

namespace famfs {
namespace {

uint32_t DeviceUnder(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 ? DeviceOf(status.st_dev) : 0;
}

}  // namespace

// The kernel's own form, of 32 bits.
uint32_t DeviceOf(uint64_t number) { return major(number) << 20 | minor(number); }

File::File(int descriptor, Nature nature)
    : fd(descriptor),
      on_tmpfs(nature == Nature::kTmpfs),
      device(nature == Nature::kFamfs ? DeviceUnder(descriptor) : 0) {}

std::optional<uint64_t> CachedSize(int fd) {
  struct statx status;
  if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_SIZE, &status) != 0) return std::nullopt;
  return S_ISREG(status.stx_mode) ? std::optional(static_cast<uint64_t>(status.stx_size)) : std::nullopt;
}

// adoptFile(fd, nature): keeps a duplicate, so that the caller closes its own descriptor the way it opened it (a worker
// closes the descriptors that its fs module opened).
Napi::Value AdoptFile(const Napi::CallbackInfo& info) {
  int fd = fcntl(static_cast<int>(ToUint(info, 0)), F_DUPFD_CLOEXEC, 0);
  if (fd < 0) throw SystemError(info.Env(), errno, "fcntl");
  uint64_t number = Environment::Of(info).AddFile(std::make_shared<File>(fd, static_cast<Nature>(ToUint(info, 1))));
  return Napi::Number::New(info.Env(), static_cast<double>(number));
}

// closeFile(file)
Napi::Value CloseFile(const Napi::CallbackInfo& info) {
  Environment::Of(info).RemoveFile(ToUint(info, 0));
  return info.Env().Undefined();
}

// fileSize(file)
Napi::Value FileSize(const Napi::CallbackInfo& info) {
  struct stat status;
  if (fstat(Environment::Of(info).GetFile(info, 0)->fd.get(), &status) != 0) {
    throw SystemError(info.Env(), errno, "fstat");
  }
  return Napi::Number::New(info.Env(), static_cast<double>(status.st_size));
}

// linkFile(file, path): gives an unnamed file (O_TMPFILE) its name; EEXIST where the name is taken.
Napi::Value LinkFile(const Napi::CallbackInfo& info) {
  auto file = Environment::Of(info).GetFile(info, 0);
  std::string source = "/proc/self/fd/" + std::to_string(file->fd.get());
  std::string target = info[1].ToString();
  if (linkat(AT_FDCWD, source.c_str(), AT_FDCWD, target.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    throw SystemError(info.Env(), errno, "linkat");
  }
  return info.Env().Undefined();
}

}  // namespace famfs

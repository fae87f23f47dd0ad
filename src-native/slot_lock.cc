#include "slot_lock.h"

#include <fcntl.h>

#include "env.h"
#include "util/js.h"

namespace famfs {
namespace {

// Arguments (file, offset, length).
int Control(const Napi::CallbackInfo& info, int command, struct flock& lock) {
  auto file = Environment::Of(info).GetFile(info, 0);
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(ToUint(info, 1));
  lock.l_len = static_cast<off_t>(ToUint(info, 2));
  lock.l_pid = 0;  // else EINVAL: an OFD lock has no process
  return fcntl(file->fd.get(), command, &lock);
}

}  // namespace

// lockRange(file, offset, length, shared): false where another open of the file is in the way.
Napi::Value LockRange(const Napi::CallbackInfo& info) {
  struct flock lock {};
  lock.l_type = info[3].ToBoolean() ? F_RDLCK : F_WRLCK;
  bool locked = Control(info, F_OFD_SETLK, lock) == 0;
  if (!locked && errno != EAGAIN && errno != EACCES) throw SystemError(info.Env(), errno, "fcntl");
  return Napi::Boolean::New(info.Env(), locked);
}

// unlockRange(file, offset, length)
Napi::Value UnlockRange(const Napi::CallbackInfo& info) {
  struct flock lock {};
  lock.l_type = F_UNLCK;
  if (Control(info, F_OFD_SETLK, lock) != 0) throw SystemError(info.Env(), errno, "fcntl");
  return info.Env().Undefined();
}

// rangeHeld(file, offset, length): whether another open of the file has a lock in it, shared or not.
Napi::Value RangeHeld(const Napi::CallbackInfo& info) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  if (Control(info, F_OFD_GETLK, lock) != 0) throw SystemError(info.Env(), errno, "fcntl");
  return Napi::Boolean::New(info.Env(), lock.l_type != F_UNLCK);
}

}  // namespace famfs

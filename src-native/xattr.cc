#include "xattr.h"

#include <sys/xattr.h>

#include <string>

#include "util/js.h"

namespace famfs {

Napi::Value GetXattr(const Napi::CallbackInfo& info) {
  std::string path = info[0].ToString();
  std::string name = info[1].ToString();
  char value[4096];
  ssize_t length = getxattr(path.c_str(), name.c_str(), value, sizeof value);
  if (length < 0) throw SystemError(info.Env(), errno, "getxattr");
  return Napi::String::New(info.Env(), value, static_cast<size_t>(length));
}

}  // namespace famfs

#include "mapping.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>

#include "env.h"
#include "util/js.h"

// Linux 5.14; absent from older C libraries' headers.
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

namespace famfs {

Napi::Value GetPageSize(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(PageSize()));
}

// statusWords(): the process-wide words, one a mapping, as an ArrayBuffer that is never freed.
Napi::Value StatusWords(const Napi::CallbackInfo& info) {
  napi_value buffer;
  napi_status status = napi_create_external_arraybuffer(info.Env(), region_table::status, sizeof region_table::status,
                                                        nullptr, nullptr, &buffer);
  if (status == napi_no_external_buffers_allowed) return info.Env().Null();
  if (status != napi_ok) throw Napi::Error::New(info.Env());
  return Napi::Value(info.Env(), buffer);
}

// map(file, offset, length, { writable, granule }): the slot, or throws errno. EOVERFLOW: the file is shorter by now.
Napi::Value MapFile(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::Of(info);
  auto file = environment.GetFile(info, 0);
  MapRequest request{ToUint(info, 1), ToUint(info, 2), info[3].ToBoolean(), static_cast<uint32_t>(ToUint(info, 4))};
  auto size = CachedSize(file->fd.get());
  if (size && *size < request.offset + request.length) throw SystemError(info.Env(), EOVERFLOW, "mmap");
  Region* region = Region::Map(&environment, std::move(file), request);
  if (region == nullptr) throw SystemError(info.Env(), errno, "mmap");
  environment.AddRegion(region);
  return Napi::Number::New(info.Env(), region->slot());
}

// close(mapping, onReleased): true when it is released already, and onReleased will not be called.
Napi::Value CloseMapping(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::Of(info);
  bool released = environment.CloseRegion(environment.GetRegion(info, 0), ToFunction(info, 1));
  return Napi::Boolean::New(info.Env(), released);
}

// forget(mapping): true when it is closed already.
Napi::Value ForgetMapping(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::Of(info);
  return Napi::Boolean::New(info.Env(), environment.ForgetRegion(environment.GetRegion(info, 0)));
}

// prefault(mapping, { offset, length, write }, onStep): the job's number.
Napi::Value Prefault(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::Of(info);
  Region& region = environment.GetRegion(info, 0);
  uint64_t begin = ToUint(info, 1);
  uint64_t length = ToUint(info, 2);
  if (begin % PageSize() != 0 || begin > region.length() || length > region.length() - begin) {
    throw Napi::RangeError::New(info.Env(), "famfs addon: prefault outside of the mapping");
  }
  int advice = info[3].ToBoolean() ? MADV_POPULATE_WRITE : MADV_POPULATE_READ;
  auto step = [pin = region.Pin(begin, length), &region, begin, advice](uint64_t offset, uint64_t piece) {
    if (region.closed()) return ECANCELED;
    int result;
    do {
      result = madvise(region.base() + begin + offset, piece, advice);
    } while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : errno;
  };
  uint64_t number = environment.StartJob(length, step, ToFunction(info, 4));
  return Napi::Number::New(info.Env(), static_cast<double>(number));
}

// reserve(file, size, onStep): allocates the file's space; the job's number.
Napi::Value Reserve(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::Of(info);
  auto file = environment.GetFile(info, 0);
  auto step = [file](uint64_t offset, uint64_t piece) {
    int result;
    do {
      result = fallocate(file->fd.get(), 0, static_cast<off_t>(offset), static_cast<off_t>(piece));
    } while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : errno;
  };
  uint64_t number = environment.StartJob(ToUint(info, 1), step, ToFunction(info, 2));
  return Napi::Number::New(info.Env(), static_cast<double>(number));
}

// cancel(job): it ends with ECANCELED, unless it ended already.
Napi::Value CancelJob(const Napi::CallbackInfo& info) {
  Environment::Of(info).CancelJob(ToUint(info, 0));
  return info.Env().Undefined();
}

}  // namespace famfs

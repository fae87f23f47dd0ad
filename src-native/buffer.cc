#include "buffer.h"

#include "env.h"
#include "util/js.h"

namespace famfs {
namespace {

void EndPart(Exposure* exposure) {
  if (--exposure->parts != 0) return;
  Region* region = exposure->region;
  delete exposure;
  Environment::EndExposure(region);
}

void OnMemoryFree(napi_env, void*, void* hint) { EndPart(static_cast<Exposure*>(hint)); }

void OnObjectCollected(napi_env env, void*, void* hint) {
  auto* exposure = static_cast<Exposure*>(hint);
  napi_delete_reference(env, exposure->buffer);
  exposure->region->exposures().erase(exposure->place);
  EndPart(exposure);
}

[[noreturn]] void ThrowPending(Napi::Env env, napi_status status) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) throw Napi::Error::New(env);
  Napi::Error error = Napi::Error::New(env, "napi_create_external_arraybuffer: status " + std::to_string(status));
  error.Set("noExternalBuffers", Napi::Boolean::New(env, status == napi_no_external_buffers_allowed));
  throw Napi::Error(error);
}

}  // namespace

// makeBuffer(mapping, offset, length): the caller has checked the range and the engine's limit.
Napi::Value MakeBuffer(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Region& region = Environment::Of(info).GetRegion(info, 0);
  uint64_t offset = ToUint(info, 1);
  uint64_t length = ToUint(info, 2);
  if (offset > region.length() || length > region.length() - offset) {
    throw Napi::RangeError::New(env, "famfs addon: buffer outside of its mapping");
  }
  auto* exposure = new Exposure{&region, nullptr, {}, 2};
  region.Hold(offset, length);
  napi_value buffer;
  uint8_t* data = region.base() + offset;
  napi_status status = napi_create_external_arraybuffer(env, data, length, OnMemoryFree, exposure, &buffer);
  if (status != napi_ok) {
    // Node 20 has called OnMemoryFree already when the engine refused the length; the other ways to fail have not.
    if (exposure->parts == 2) EndPart(exposure);
    EndPart(exposure);
    ThrowPending(env, status);
  }
  exposure->place = region.exposures().insert(region.exposures().end(), exposure);
  napi_add_finalizer(env, buffer, nullptr, OnObjectCollected, exposure, &exposure->buffer);
  return Napi::Value(env, buffer);
}

// detachBuffer(buffer): its length becomes 0.
Napi::Value DetachBuffer(const Napi::CallbackInfo& info) {
  napi_detach_arraybuffer(info.Env(), info[0]);
  return info.Env().Undefined();
}

void DetachAll(Napi::Env env, Region& region) {
  for (Exposure* exposure : region.exposures()) {
    napi_value buffer = nullptr;
    napi_get_reference_value(env, exposure->buffer, &buffer);
    if (buffer != nullptr) napi_detach_arraybuffer(env, buffer);
  }
}

}  // namespace famfs

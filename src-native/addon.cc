#include <napi.h>

#include <system_error>

#include "buffer.h"
#include "env.h"
#include "fault_guard.h"
#include "file.h"
#include "mapping.h"
#include "util/js.h"

// Everything that JavaScript can call, in the order of types/native.d.ts.
static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  using namespace famfs;
  env.SetInstanceData(new Environment(env));
  auto export_function = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    auto call = [function](const Napi::CallbackInfo& info) {
      try {
        return function(info);
      } catch (const std::system_error& error) {
        // Only threads throw it: the system allows no more of them.
        throw SystemError(info.Env(), error.code().value(), "pthread_create");
      }
    };
    exports.Set(name, Napi::Function::New(env, call, name));
  };
  export_function("pageSize", GetPageSize);
  export_function("statusWords", StatusWords);
  export_function("adoptFile", AdoptFile);
  export_function("closeFile", CloseFile);
  export_function("fileSize", FileSize);
  export_function("linkFile", LinkFile);
  export_function("reserve", Reserve);
  export_function("map", MapFile);
  export_function("makeBuffer", MakeBuffer);
  export_function("detachBuffer", DetachBuffer);
  export_function("prefault", Prefault);
  export_function("close", CloseMapping);
  export_function("forget", ForgetMapping);
  export_function("cancel", CancelJob);
  export_function("guard", fault_guard::Choose);
  export_function("guardReplaced", fault_guard::Replaced);
  export_function("failure", fault_guard::Failure);
  export_function("onFault", fault_guard::OnFault);
  return exports;
}

NODE_API_MODULE(famfs, Init)

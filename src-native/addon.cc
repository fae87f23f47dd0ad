#include <napi.h>

#include "buffer.h"
#include "coherence.h"
#include "env.h"
#include "fault_guard.h"
#include "file.h"
#include "mapping.h"
#include "simulated_calls.h"
#include "waiting.h"

// Everything that JavaScript can call, in the order of types/native.d.ts.
static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  using namespace famfs;
  env.SetInstanceData(new Environment(env));
  auto export_function = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    exports.Set(name, Napi::Function::New(env, function, name));
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
  export_function("cacheSupport", CacheSupport);
  export_function("siteNumber", SiteNumber);
  export_function("writeBack", WriteBack);
  export_function("invalidate", Invalidate);
  export_function("fetch", Fetch);
  export_function("storeFence", StoreFence);
  export_function("fullFence", FullFence);
  export_function("publish", Publish);
  export_function("publishRanges", PublishRanges);
  export_function("observe", Observe);
  export_function("lookAgain", LookAgain);
  export_function("begin", Begin);
  export_function("overwrite", Overwrite);
  export_function("read", Read);
  export_function("openCopy", OpenCopy);
  export_function("simulationOf", SimulationOf);
  export_function("fenceHost", FenceHost);
  export_function("passMoments", PassMoments);
  export_function("leaveOut", LeaveOutStep);
  export_function("stepsSeen", TakeSeenSteps);
  export_function("interleave", InterleaveSteps);
  export_function("moveLinesInWords", MoveLinesInWords);
  export_function("startWait", StartWait);
  export_function("endWait", EndWait);
  export_function("waitSync", WaitSync);
  export_function("wake", Wake);
  export_function("guard", fault_guard::Choose);
  export_function("guardReplaced", fault_guard::Replaced);
  export_function("failure", fault_guard::Failure);
  export_function("onFault", fault_guard::OnFault);
  return exports;
}

NODE_API_MODULE(famfs, Init)

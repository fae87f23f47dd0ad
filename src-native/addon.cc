#include <napi.h>

#include <system_error>

#include "buffer.h"
#include "bulk.h"
#include "coherence.h"
#include "crc32c.h"
#include "env.h"
#include "fault_guard.h"
#include "file.h"
#include "heartbeat.h"
#include "mapping.h"
#include "page_sizes.h"
#include "simulated_calls.h"
#include "slot_lock.h"
#include "table.h"
#include "util/js.h"
#include "waiting.h"
#include "xattr.h"
#include "zero.h"

// What the system refuses a thread for is an error like any other.
template <Napi::Value (*kFunction)(const Napi::CallbackInfo&)>
static Napi::Value Guarded(const Napi::CallbackInfo& info) {
  try {
    return kFunction(info);
  } catch (const std::system_error& error) {
    throw famfs::SystemError(info.Env(), error.code().value(), "pthread_create");
  }
}

// Known when it is compiled, a function costs 20 ns less a call.
template <Napi::Value (*kFunction)(const Napi::CallbackInfo&)>
static void Export(Napi::Object exports, const char* name) {
  exports.Set(name, Napi::Function::New<Guarded<kFunction>>(exports.Env(), name));
}

// Everything that JavaScript can call, in the order of types/native.d.ts.
static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  using namespace famfs;
  env.SetInstanceData(new Environment(env));
  Export<GetPageSize>(exports, "pageSize");
  Export<StatusWords>(exports, "statusWords");
  Export<AdoptFile>(exports, "adoptFile");
  Export<CloseFile>(exports, "closeFile");
  Export<FileSize>(exports, "fileSize");
  Export<LinkFile>(exports, "linkFile");
  Export<LockRange>(exports, "lockRange");
  Export<UnlockRange>(exports, "unlockRange");
  Export<RangeHeld>(exports, "rangeHeld");
  Export<Reserve>(exports, "reserve");
  Export<GetXattr>(exports, "getXattr");
  Export<MapFile>(exports, "map");
  Export<MakeBuffer>(exports, "makeBuffer");
  Export<DetachBuffer>(exports, "detachBuffer");
  Export<Prefault>(exports, "prefault");
  Export<PageSizes>(exports, "pageSizes");
  Export<Zero>(exports, "zero");
  Export<CloseMapping>(exports, "close");
  Export<ForgetMapping>(exports, "forget");
  Export<CancelJob>(exports, "cancel");
  Export<CacheSupport>(exports, "cacheSupport");
  Export<SiteNumber>(exports, "siteNumber");
  Export<WriteBack>(exports, "writeBack");
  Export<Invalidate>(exports, "invalidate");
  Export<Fetch>(exports, "fetch");
  Export<StoreFence>(exports, "storeFence");
  Export<FullFence>(exports, "fullFence");
  Export<Publish>(exports, "publish");
  Export<PublishRanges>(exports, "publishRanges");
  Export<Observe>(exports, "observe");
  Export<LookAgain>(exports, "lookAgain");
  Export<Begin>(exports, "begin");
  Export<Overwrite>(exports, "overwrite");
  Export<Read>(exports, "read");
  Export<ReadAs>(exports, "readAs");
  Export<PublishRecords>(exports, "publishRecords");
  Export<FetchRecords>(exports, "fetchRecords");
  Export<FindKeys>(exports, "findKeys");
  Export<FindRecord>(exports, "findRecord");
  Export<Crc32c>(exports, "crc32c");
  Export<OpenCopy>(exports, "openCopy");
  Export<SimulationOf>(exports, "simulationOf");
  Export<FenceHost>(exports, "fenceHost");
  Export<PassMoments>(exports, "passMoments");
  Export<LeaveOutStep>(exports, "leaveOut");
  Export<TakeSeenSteps>(exports, "stepsSeen");
  Export<InterleaveSteps>(exports, "interleave");
  Export<DieMovingLine>(exports, "dieMovingLine");
  Export<StopProcess>(exports, "stopProcess");
  Export<MoveLinesInWords>(exports, "moveLinesInWords");
  Export<StartWait>(exports, "startWait");
  Export<EndWait>(exports, "endWait");
  Export<WaitSync>(exports, "waitSync");
  Export<Wake>(exports, "wake");
  Export<StartHeartbeat>(exports, "startHeartbeat");
  Export<StopHeartbeat>(exports, "stopHeartbeat");
  Export<fault_guard::Choose>(exports, "guard");
  Export<fault_guard::Replaced>(exports, "guardReplaced");
  Export<fault_guard::Failure>(exports, "failure");
  Export<fault_guard::FailDevice>(exports, "failDevice");
  Export<fault_guard::OnFault>(exports, "onFault");
  return exports;
}

NODE_API_MODULE(famfs, Init)

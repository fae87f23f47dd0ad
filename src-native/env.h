#pragma once

#include <napi.h>

#include <memory>
#include <unordered_map>

#include "file.h"
#include "heartbeat.h"
#include "job.h"
#include "loop.h"
#include "region.h"
#include "waiter.h"

namespace famfs {

// What one environment (the main thread or a worker) owns: its files, mappings, jobs and callbacks. All of it is used
// on the environment's thread only.
class Environment {
 public:
  explicit Environment(Napi::Env env);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  static Environment& Of(const Napi::CallbackInfo& info) { return *info.Env().GetInstanceData<Environment>(); }

  uint64_t AddFile(std::shared_ptr<File> file);
  std::shared_ptr<File> GetFile(const Napi::CallbackInfo& info, size_t argument);
  void RemoveFile(uint64_t file) { files_.erase(file); }

  void AddRegion(Region* region) { regions_.emplace(region->slot(), region); }
  Region& GetRegion(const Napi::CallbackInfo& info, size_t argument);
  // True when it was let go at once; else `callback`, where given, is called when it is.
  bool CloseRegion(Region& region, Napi::Function callback);
  // Closes a region that JavaScript lost, as soon as no ArrayBuffer of it is left; true when it is closed already.
  bool ForgetRegion(Region& region);
  static void EndExposure(Region* region);

  void SetFaultCallback(Napi::Function callback);
  // Calls it for each mapping that has failed since.
  void ReportFaults();

  // Starts a job whose progress goes to onStep(done, errno); returns the number that cancels it.
  uint64_t StartJob(uint64_t total, std::function<int(uint64_t, uint64_t)> step, Napi::Function on_step);
  void CancelJob(uint64_t number);
  void ReportJob(const Job& job, uint64_t done, int error);

  // Starts a wait whose end goes to onEnd(value, errno); returns the number that ends it early.
  uint64_t StartWait(std::shared_ptr<Wait> wait, Napi::Function on_end);
  void EndWait(uint64_t number);
  void ReportWait(uint64_t number, uint64_t found, int error);

  Heartbeat& heartbeat() { return heartbeat_; }

 private:
  static void OnCleanup(void* self) { static_cast<Environment*>(self)->Shut(); }
  void Shut();
  uint64_t Keep(Napi::Function callback);
  Napi::Function Take(uint64_t callback);

  Napi::Env env_;
  std::shared_ptr<Loop> loop_;
  Worker worker_;
  Waiter waiter_;
  Heartbeat heartbeat_;
  std::unordered_map<uint64_t, std::shared_ptr<File>> files_;
  std::unordered_map<uint64_t, Region*> regions_;
  std::unordered_map<uint64_t, Napi::FunctionReference> callbacks_;
  Napi::FunctionReference fault_callback_;
  std::unordered_map<uint64_t, std::weak_ptr<Job>> jobs_;
  std::unordered_map<uint64_t, std::weak_ptr<Wait>> waits_;
  uint64_t last_number_ = 0;
};

}  // namespace famfs

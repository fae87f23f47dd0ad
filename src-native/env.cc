#include "env.h"

#include <vector>

#include "background.h"
#include "buffer.h"
#include "util/js.h"

namespace famfs {
namespace {

// While a worker is being terminated, no JavaScript runs; node-addon-api's Call would end the process, because it can
// make no Error of that.
void CallBack(Napi::Env env, Napi::Function function, std::initializer_list<double> numbers) {
  std::vector<napi_value> arguments;
  for (double number : numbers) arguments.push_back(Napi::Number::New(env, number));
  if (napi_call_function(env, env.Undefined(), function, arguments.size(), arguments.data(), nullptr) == napi_ok)
    return;
  bool pending = false;
  napi_value thrown;
  if (napi_is_exception_pending(env, &pending) != napi_ok || !pending) return;
  if (napi_get_and_clear_last_exception(env, &thrown) == napi_ok) napi_fatal_exception(env, thrown);
}

}  // namespace

Environment::Environment(Napi::Env env)
    : env_(env), loop_(std::make_shared<Loop>(env)), worker_(loop_), waiter_(loop_) {
  // After the loop's own hook was registered, so that this one runs first.
  napi_add_env_cleanup_hook(env, OnCleanup, this);
}

void Environment::Shut() {
  worker_.Stop();
  waiter_.Stop();
  heartbeat_.Stop();
  loop_->Shut();
  auto regions = std::move(regions_);
  regions_.clear();
  for (auto& [slot, region] : regions) region->Close(nullptr);
  files_.clear();
  callbacks_.clear();
  fault_callback_.Reset();
}

uint64_t Environment::AddFile(std::shared_ptr<File> file) {
  uint64_t number = ++last_number_;
  files_.emplace(number, std::move(file));
  return number;
}

std::shared_ptr<File> Environment::GetFile(const Napi::CallbackInfo& info, size_t argument) {
  auto found = files_.find(ToUint(info, argument));
  if (found == files_.end()) throw Napi::Error::New(info.Env(), "famfs addon: no such file");
  return found->second;
}

Region& Environment::GetRegion(const Napi::CallbackInfo& info, size_t argument) {
  auto found = regions_.find(ToUint(info, argument));
  if (found == regions_.end()) throw Napi::Error::New(info.Env(), "famfs addon: no such mapping");
  return *found->second;
}

bool Environment::CloseRegion(Region& region, Napi::Function callback) {
  DetachAll(env_, region);
  regions_.erase(region.slot());
  if (callback.IsEmpty()) return region.Close(nullptr);
  uint64_t number = Keep(callback);
  loop_->Await();
  auto released = [loop = loop_, number] {
    loop->Post([number](Environment& environment) {
      environment.loop_->Answered();
      CallBack(environment.env_, environment.Take(number), {});
    });
  };
  bool at_once = region.Close(released);
  if (!waits_.empty()) waiter_.Nudge();  // those on this region end now
  heartbeat_.Nudge();
  if (!at_once) return false;
  loop_->Answered();
  callbacks_.erase(number);
  return true;
}

bool Environment::ForgetRegion(Region& region) {
  bool close = region.Forget();
  if (close) CloseRegion(region, Napi::Function());
  return close;
}

void Environment::EndExposure(Region* region) {
  if (region->Release()) region->owner()->CloseRegion(*region, Napi::Function());
}

void Environment::SetFaultCallback(Napi::Function callback) {
  fault_callback_ = Napi::Persistent(callback);
  background::AddLoop(loop_);
}

void Environment::ReportFaults() {
  std::vector<uint64_t> failed;
  for (auto& [slot, region] : regions_) {
    if (region_table::status[slot] == kFailed && region->TellFault()) failed.push_back(slot);
  }
  for (uint64_t slot : failed) CallBack(env_, fault_callback_.Value(), {static_cast<double>(slot)});
}

uint64_t Environment::StartJob(uint64_t total, std::function<int(uint64_t, uint64_t)> step, Napi::Function on_step) {
  worker_.Start();
  auto job = std::make_shared<Job>();
  job->callback = Keep(on_step);
  job->total = total;
  job->step = std::move(step);
  jobs_.emplace(job->callback, job);
  loop_->Await();
  uint64_t number = job->callback;
  worker_.Add(std::move(job));
  return number;
}

void Environment::CancelJob(uint64_t number) {
  auto found = jobs_.find(number);
  if (found == jobs_.end()) return;
  if (auto job = found->second.lock()) job->cancelled = true;
}

void Environment::ReportJob(const Job& job, uint64_t done, int error) {
  auto found = callbacks_.find(job.callback);
  if (found == callbacks_.end()) return;
  Napi::Function on_step = found->second.Value();
  if (error != 0 || done == job.total) {
    jobs_.erase(job.callback);
    callbacks_.erase(found);
    loop_->Answered();
  }
  CallBack(env_, on_step, {static_cast<double>(done), static_cast<double>(error)});
}

uint64_t Environment::StartWait(std::shared_ptr<Wait> wait, Napi::Function on_end) {
  uint64_t number = Keep(on_end);
  wait->number = number;
  waits_.emplace(number, wait);
  loop_->Await();
  waiter_.Add(std::move(wait));
  return number;
}

void Environment::EndWait(uint64_t number) {
  auto found = waits_.find(number);
  if (found == waits_.end()) return;
  if (auto wait = found->second.lock()) wait->cancelled = true;
  waits_.erase(found);
  callbacks_.erase(number);
  loop_->Answered();
  waiter_.Nudge();
}

void Environment::ReportWait(uint64_t number, uint64_t value, int error) {
  if (waits_.erase(number) == 0) return;
  Napi::Function on_end = Take(number);
  loop_->Answered();
  CallBack(env_, on_end, {static_cast<double>(value), static_cast<double>(error)});
}

uint64_t Environment::Keep(Napi::Function callback) {
  uint64_t number = ++last_number_;
  callbacks_.emplace(number, Napi::Persistent(callback));
  return number;
}

Napi::Function Environment::Take(uint64_t callback) {
  auto found = callbacks_.find(callback);
  Napi::Function function = found->second.Value();
  callbacks_.erase(found);
  return function;
}

}  // namespace famfs

#include "simulated_calls.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "env.h"
#include "memory.h"
#include "simulated.h"
#include "simulated_device.h"
#include "simulated_steps.h"
#include "target.h"
#include "util/js.h"

namespace famfs {
namespace {

using simulated::Copy;
using simulated::Device;
using simulated::Report;

std::string Text(const Napi::Object& object, const char* key) { return object.Get(key).ToString(); }
uint64_t Uint(const Napi::Object& object, const char* key) {
  return static_cast<uint64_t>(object.Get(key).ToNumber().Int64Value());
}

simulated::Settings ToSettings(const Napi::Object& object) {
  return {"",
          Text(object, "folder"),
          Text(object, "name"),
          Uint(object, "size"),
          static_cast<uint32_t>(Uint(object, "host")),
          Uint(object, "seed"),
          object.Get("background").ToBoolean()};
}

Napi::Object ToObject(Napi::Env env, Device& device, const Report& report) {
  auto number = [&](double value) { return Napi::Number::New(env, value); };
  auto site = [&](uint32_t host) {
    return Napi::String::New(env, device.SiteOf(host, report.offset / simulated::kLineSize));
  };
  Napi::Object result = Napi::Object::New(env);
  result.Set("rule", Napi::String::New(env, report.rule == simulated::Rule::kTwoWriters ? "R1" : "F7"));
  result.Set("host", number(report.host));
  result.Set("otherHost", number(report.other));
  result.Set("offset", number(static_cast<double>(report.offset)));
  result.Set("site", site(report.host));
  result.Set("otherSite", site(report.other));
  return result;
}

}  // namespace

// openCopy(device, settings): { file, seed, began }; the file is as adoptFile gives it, and mappings of it are mappings
// of the host's copy.
Napi::Value OpenCopy(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::Of(info);
  simulated::Settings settings = ToSettings(info[1].ToObject());
  // Not its path: that may mean another file by now. And it may have been opened for reading only.
  auto device = environment.GetFile(info, 0);
  settings.device = "/proc/self/fd/" + std::to_string(device->fd.get());
  try {
    std::shared_ptr<Copy> copy = Device::Open(settings);
    int fd = fcntl(copy->fd(), F_DUPFD_CLOEXEC, 0);
    if (fd < 0) throw SystemError(info.Env(), errno, "fcntl");
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("seed", Napi::Number::New(info.Env(), static_cast<double>(copy->device().seed())));
    result.Set("began", Napi::Boolean::New(info.Env(), copy->device().TakeBegan()));
    auto file = std::make_shared<File>(fd, device->on_tmpfs ? Nature::kTmpfs : Nature::kOther);
    file->copy = std::move(copy);
    result.Set("file", Napi::Number::New(info.Env(), static_cast<double>(environment.AddFile(std::move(file)))));
    return result;
  } catch (const simulated::SystemFailure& failure) {
    throw SystemError(info.Env(), failure.error, failure.call);
  }
}

// simulationOf(mapping): what the simulation of a mapping is, and what its detector found.
Napi::Value SimulationOf(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  uint64_t slot = ToUint(info, 0);
  auto binding = slot < region_table::kMaxRegions ? simulated::Find(static_cast<uint32_t>(slot)) : nullptr;
  if (binding == nullptr) throw Napi::RangeError::New(env, "famfs addon: no simulated mapping");
  Device& device = binding->copy->device();
  device.Refresh();
  uint32_t count = std::min(device.header().reports.load(std::memory_order_acquire), simulated::kMaxReports);
  Napi::Array reports = Napi::Array::New(env);
  for (uint32_t i = 0; i < count; i++) {
    const Report& report = device.header().report[i];
    if (report.complete.load(std::memory_order_acquire) == 0) continue;
    reports.Set(reports.Length(), ToObject(env, device, report));
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("seed", Napi::Number::New(env, static_cast<double>(device.seed())));
  result.Set("reports", reports);
  return result;
}

// fenceHost(mapping, treatment, full): a fence of the mapping's host alone.
Napi::Value FenceHost(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  bool full = info[2].ToBoolean();
  WithMemory(target.treatment(), [&](auto memory) {
    if (full) {
      memory.FullFence(Step::kFullFence);
    } else {
      memory.StoreFence(Step::kStoreFence);
    }
  });
  return Napi::Value();
}

// passMoments(mapping, treatment, count): what may happen between two accesses, `count` times.
Napi::Value PassMoments(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  SimulatedMemory memory(target.treatment());
  for (uint64_t left = ToUint(info, 2); left > 0; left--) memory.Moment();
  return Napi::Value();
}

// leaveOut(name): false where no step is called so.
Napi::Value LeaveOutStep(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), simulated::steps::LeaveOut(info[0].ToString()));
}

// stepsSeen(): names, each once; forgets them.
Napi::Value TakeSeenSteps(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  for (const std::string& name : simulated::steps::TakeSeen()) {
    names.Set(names.Length(), Napi::String::New(info.Env(), name));
  }
  return names;
}

// interleave(action | null)
Napi::Value InterleaveSteps(const Napi::CallbackInfo& info) {
  // An environment that ends frees its references itself, before the thread's variables go.
  static thread_local std::shared_ptr<Napi::FunctionReference> action;
  simulated::steps::Interleave(nullptr);
  if (action != nullptr) action->Reset();
  action = nullptr;
  if (!info[0].IsFunction()) return Napi::Value();
  action = std::make_shared<Napi::FunctionReference>(Napi::Persistent(info[0].As<Napi::Function>()));
  action->SuppressDestruct();
  simulated::steps::Interleave([called = action] { called->Call({}); });
  return Napi::Value();
}

// dieMovingLine(times)
Napi::Value DieMovingLine(const Napi::CallbackInfo& info) {
  simulated::DieHalfway(static_cast<uint32_t>(ToUint(info, 0)));
  return Napi::Value();
}

// stopProcess()
Napi::Value StopProcess(const Napi::CallbackInfo&) {
  simulated::StopOutside();
  return Napi::Value();
}

// moveLinesInWords(on): true where the CPU can do better.
Napi::Value MoveLinesInWords(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), simulated::MoveWords(info[0].ToBoolean()));
}

}  // namespace famfs

#pragma once

#include <napi.h>

// The calls of JavaScript about simulated memory; types/native.d.ts describes them.
namespace famfs {

Napi::Value OpenCopy(const Napi::CallbackInfo& info);
Napi::Value SimulationOf(const Napi::CallbackInfo& info);
Napi::Value FenceHost(const Napi::CallbackInfo& info);
Napi::Value PassMoments(const Napi::CallbackInfo& info);
Napi::Value LeaveOutStep(const Napi::CallbackInfo& info);
Napi::Value TakeSeenSteps(const Napi::CallbackInfo& info);
Napi::Value InterleaveSteps(const Napi::CallbackInfo& info);
Napi::Value DieMovingLine(const Napi::CallbackInfo& info);
Napi::Value StopProcess(const Napi::CallbackInfo& info);
Napi::Value MoveLinesInWords(const Napi::CallbackInfo& info);

}  // namespace famfs

#pragma once

#include <napi.h>

#include "region.h"

namespace famfs {

// One ArrayBuffer made of a region. Two things must end before its addresses are unmapped: the memory that V8 holds
// (which `ArrayBuffer.prototype.transfer` moves to an object we never saw) and the object that we made (which native
// code still at work, such as zlib, keeps alive although it is detached).
struct Exposure {
  Region* region;
  napi_ref buffer = nullptr;
  std::list<Exposure*>::iterator place;
  int parts = 2;
};

// Detaches every ArrayBuffer of a region: their length becomes 0.
void DetachAll(Napi::Env env, Region& region);

Napi::Value MakeBuffer(const Napi::CallbackInfo& info);
Napi::Value DetachBuffer(const Napi::CallbackInfo& info);

}  // namespace famfs

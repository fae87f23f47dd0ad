#pragma once

#include <napi.h>

// Keeps memory faults inside our mappings from ending the process: what is gone is replaced by anonymous pages, and the
// mapping's status word says so. Every other signal goes to whoever had it before.
namespace famfs::fault_guard {

// Installs the handlers once a process, unless Choose(false) came first.
void Ensure();

// guard(wanted): decides whether there is a guard; the first decision of the process stands and is returned.
Napi::Value Choose(const Napi::CallbackInfo& info);
// guardReplaced(): whether someone else's handler stands where ours should; true at most once a process.
Napi::Value Replaced(const Napi::CallbackInfo& info);
// failure(mapping): undefined, or { kind, offset, length, addresses }.
Napi::Value Failure(const Napi::CallbackInfo& info);
// failDevice(number): fails all mappings of the famfs with this device number.
Napi::Value FailDevice(const Napi::CallbackInfo& info);
// onFault(callback): called with the mapping after its first fault.
Napi::Value OnFault(const Napi::CallbackInfo& info);

}  // namespace famfs::fault_guard

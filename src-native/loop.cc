#include "loop.h"

#include "env.h"

namespace famfs {

Loop::Loop(Napi::Env env) : env_(env) {
  napi_value name = Napi::String::New(env, "famfs");
  napi_status status = napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, nullptr,
                                                       Deliver, &function_);
  if (status != napi_ok) throw Napi::Error::New(env);
  napi_unref_threadsafe_function(env, function_);
}

void Loop::Post(Task task) {
  auto owned = std::make_unique<Task>(std::move(task));
  std::lock_guard lock(mutex_);
  if (!open_) return;
  if (napi_call_threadsafe_function(function_, owned.get(), napi_tsfn_nonblocking) != napi_ok) return;
  static_cast<void>(owned.release());
}

void Loop::Await() {
  if (awaited_++ == 0) napi_ref_threadsafe_function(env_, function_);
}

void Loop::Answered() {
  if (--awaited_ == 0 && open_) napi_unref_threadsafe_function(env_, function_);
}

void Loop::Shut() {
  std::lock_guard lock(mutex_);
  open_ = false;
  napi_release_threadsafe_function(function_, napi_tsfn_abort);
}

void Loop::Deliver(napi_env env, napi_value, void*, void* data) {
  std::unique_ptr<Task> task(static_cast<Task*>(data));
  if (env == nullptr) return;  // the environment is going down
  Napi::HandleScope scope(env);
  auto* environment = Napi::Env(env).GetInstanceData<Environment>();
  if (environment == nullptr) return;
  try {
    (*task)(*environment);
  } catch (const Napi::Error& error) {
    napi_fatal_exception(env, error.Value());
  }
}

}  // namespace famfs

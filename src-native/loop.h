#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <mutex>

namespace famfs {

class Environment;

// The way from other threads to an environment's event loop. It outlives the environment; then tasks are dropped.
class Loop {
 public:
  using Task = std::function<void(Environment&)>;

  explicit Loop(Napi::Env env);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // From any thread.
  void Post(Task task);

  // On the environment's thread: while an answer is awaited the event loop stays alive.
  void Await();
  void Answered();
  void Shut();

 private:
  static void Deliver(napi_env env, napi_value, void* context, void* data);

  napi_env env_;
  napi_threadsafe_function function_ = nullptr;
  std::mutex mutex_;
  bool open_ = true;
  uint32_t awaited_ = 0;
};

}  // namespace famfs

#pragma once

#include <napi.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "memory.h"

namespace famfs {

// A word that its participant moves on while it lives.
struct Beat {
  Word word;
  Treatment treatment;
  uint64_t interval;  // nanoseconds
  std::shared_ptr<void> pin;
  uint64_t number = 0;
  uint64_t next = 0;
};

// One thread an environment that moves heartbeats on, so that a busy or paused event loop does not look dead.
class Heartbeat {
 public:
  Heartbeat() = default;
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  // Beats at once and from then on; the number ends it.
  uint64_t Add(Beat beat);
  // When it returns, the word is not stored to any more.
  void Remove(uint64_t number);
  // A mapping closed: its beats end.
  void Nudge();
  void Stop();

 private:
  void Run();
  // When the next beat is due.
  uint64_t BeatAll(uint64_t now);

  std::mutex mutex_;  // held during a beat
  std::thread thread_;
  std::vector<Beat> beats_;
  uint64_t last_number_ = 0;
  std::atomic<uint32_t> news_{0};  // counts; the thread sleeps on it
  std::atomic<bool> stopped_{false};
};

Napi::Value StartHeartbeat(const Napi::CallbackInfo& info);
Napi::Value StopHeartbeat(const Napi::CallbackInfo& info);

}  // namespace famfs

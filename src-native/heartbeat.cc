#include "heartbeat.h"

#include <algorithm>

#include "commit.h"
#include "env.h"
#include "futex.h"
#include "target.h"
#include "util/thread.h"
#include "wait.h"

namespace famfs {
namespace {

constexpr uint64_t kLongest = 3600ull * 1000000000;  // a sleep without beats; any news ends it

const uint32_t* Address(const std::atomic<uint32_t>& word) { return reinterpret_cast<const uint32_t*>(&word); }

bool IsOpen(const Beat& beat) {
  return region_table::status[beat.treatment.slot].load(std::memory_order_acquire) == kOpen;
}

void Move(const Beat& beat) {
  WithMemory(beat.treatment, [&](auto memory) { commit::StoreWord(memory, beat.word, memory.Load(beat.word) + 1); });
}

}  // namespace

uint64_t Heartbeat::Add(Beat beat) {
  uint64_t number;
  {
    std::lock_guard lock(mutex_);
    if (!thread_.joinable()) thread_ = StartThread("famfs-heartbeat", [this] { Run(); });
    // Here, so that the line is its writer's before anybody reads it.
    Move(beat);
    beat.next = Now() + beat.interval;
    number = beat.number = ++last_number_;
    beats_.push_back(std::move(beat));
  }
  Nudge();
  return number;
}

void Heartbeat::Remove(uint64_t number) {
  std::lock_guard lock(mutex_);
  auto has_number = [number](const Beat& beat) { return beat.number == number; };
  beats_.erase(std::remove_if(beats_.begin(), beats_.end(), has_number), beats_.end());
}

void Heartbeat::Nudge() {
  news_.fetch_add(1, std::memory_order_seq_cst);
  if (thread_.joinable()) futex::WakeAll(Address(news_), true);
}

void Heartbeat::Stop() {
  stopped_ = true;
  Nudge();
  if (thread_.joinable()) thread_.join();
  beats_.clear();
}

void Heartbeat::Run() {
  while (!stopped_) {
    uint32_t seen = news_.load(std::memory_order_acquire);
    uint64_t next = BeatAll(Now());
    if (!stopped_) futex::Wait(Address(news_), seen, true, next);
  }
}

uint64_t Heartbeat::BeatAll(uint64_t now) {
  std::lock_guard lock(mutex_);
  auto is_over = [](const Beat& beat) { return !IsOpen(beat); };
  beats_.erase(std::remove_if(beats_.begin(), beats_.end(), is_over), beats_.end());
  uint64_t next = now + kLongest;
  for (Beat& beat : beats_) {
    if (beat.next <= now) {
      Move(beat);
      beat.next = now + beat.interval;
    }
    next = std::min(next, beat.next);
  }
  return next;
}

// startHeartbeat(mapping, treatment, word, interval): its number.
Napi::Value StartHeartbeat(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::Of(info);
  Target target(info, 0, 1);
  target.CheckWritable();
  uint64_t offset = ToUint(info, 2);
  Word word = target.WordAt(offset);
  auto pin = environment.GetRegion(info, 0).Pin(offset, word.wide ? 8 : 4);
  uint64_t number = environment.heartbeat().Add({word, target.treatment(), ToUint(info, 3) * 1000000, std::move(pin)});
  return Napi::Number::New(info.Env(), static_cast<double>(number));
}

// stopHeartbeat(heartbeat)
Napi::Value StopHeartbeat(const Napi::CallbackInfo& info) {
  Environment::Of(info).heartbeat().Remove(ToUint(info, 0));
  return info.Env().Undefined();
}

}  // namespace famfs

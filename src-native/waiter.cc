#include "waiter.h"

#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>

#include "env.h"
#include "futex.h"
#include "util/thread.h"

namespace famfs {
namespace {

constexpr uint64_t kLeastSpin = 20000;   // nanoseconds
constexpr uint64_t kMostSpin = 1000000;  // what takes longer is not worth a core
constexpr uint64_t kForever = UINT64_MAX;

const uint32_t* Address(const std::atomic<uint32_t>& word) { return reinterpret_cast<const uint32_t*>(&word); }

}  // namespace

void Waiter::Add(std::shared_ptr<Wait> wait) {
  {
    std::lock_guard lock(mutex_);
    added_.push_back(std::move(wait));
    if (!thread_.joinable()) thread_ = StartThread("famfs-waiter", [this] { Run(); });
  }
  Nudge();
}

void Waiter::Nudge() {
  news_.fetch_add(1, std::memory_order_seq_cst);
  if (thread_.joinable()) futex::WakeAll(Address(news_), true);
}

void Waiter::Stop() {
  stopped_ = true;
  Nudge();
  if (thread_.joinable()) thread_.join();
  added_.clear();
}

void Waiter::Run() {
  // Else the kernel lengthens every short sleep by 50 us.
  prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
  spin_ = 2 * kLeastSpin;
  Waits waits;
  while (TakeNews(waits)) {
    uint64_t now = Now();
    uint64_t pause = PollAll(waits, now);
    if (pause == 0) {
      cache::Pause();
    } else {
      Sleep(waits, pause == kForever ? kForever / 2 : now + pause);
    }
  }
}

bool Waiter::TakeNews(Waits& waits) {
  uint32_t news = news_.load(std::memory_order_acquire);
  if (news == seen_) return true;
  seen_ = news;
  if (stopped_) return false;
  std::lock_guard lock(mutex_);
  waits.insert(waits.end(), added_.begin(), added_.end());
  added_.clear();
  return true;
}

uint64_t Waiter::PollAll(Waits& waits, uint64_t now) {
  uint64_t pause = kForever;
  for (size_t i = 0; i < waits.size();) {
    int end = waits[i]->Poll(now);
    if (end < 0) {
      pause = std::min(pause, PauseOf(*waits[i], now, spin_));
      i++;
    } else {
      End(waits[i], end, now);
      waits[i] = std::move(waits.back());
      waits.pop_back();
    }
  }
  return pause;
}

void Waiter::End(const std::shared_ptr<Wait>& wait, int error, uint64_t now) {
  wait->pin = nullptr;
  uint64_t age = now - wait->started;
  uint64_t sample = age < kMostSpin ? 2 * age : 0;
  spin_ = std::clamp(spin_ - spin_ / 4 + sample / 4, kLeastSpin, kMostSpin);
  loop_->Post([number = wait->number, found = wait->found, error](Environment& environment) {
    environment.ReportWait(number, found, error);
  });
}

// On the news, and on the words of those waits that may sleep on them.
void Waiter::Sleep(const Waits& waits, uint64_t until) {
  futex::Waitv words[futex::kMaxWords];
  size_t count = 0;
  auto add = [&](const void* address, uint64_t value, uint32_t flags) {
    words[count++] = {value, reinterpret_cast<uint64_t>(address), flags, 0};
  };
  add(Address(news_), seen_, futex::k32Bits | futex::kPrivate);
  for (const auto& wait : waits) {
    if (wait->waiters == nullptr || count == futex::kMaxWords) continue;
    if (!wait->AnnounceSleep()) return;
    add(wait->word.at, static_cast<uint32_t>(wait->found), futex::k32Bits);
  }
  int error = count == 1 ? futex::Wait(Address(news_), seen_, true, until) : futex::WaitAny(words, count, until);
  if (!futex::Refuses(error)) return;
  for (const auto& wait : waits) wait->waiters = nullptr;  // poll instead
}

}  // namespace famfs

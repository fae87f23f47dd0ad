#include "simulated_stripe.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <shared_mutex>

namespace famfs::simulated {

void InitStripe(Stripe& stripe) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&stripe.mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
}

namespace {

// 0: never.
std::atomic<uint32_t> left{0};

}  // namespace

void DieHalfway(uint32_t times) { left.store(times + 1, std::memory_order_relaxed); }

void Halfway() {
  if (left.load(std::memory_order_relaxed) == 0) return;
  if (left.fetch_sub(1, std::memory_order_relaxed) == 1) kill(getpid(), SIGKILL);
}

namespace {

// Never destroyed: threads may move lines while the process exits.
std::shared_mutex& Insiders() {
  static auto& insiders = *new std::shared_mutex;
  return insiders;
}

// A thread may hold a stripe of a copy and one of the device.
thread_local uint32_t depth = 0;

}  // namespace

Inside::Inside() {
  if (depth++ == 0) Insiders().lock_shared();
}

Inside::~Inside() {
  if (--depth == 0) Insiders().unlock_shared();
}

void StopOutside() {
  std::lock_guard lock(Insiders());
  kill(getpid(), SIGSTOP);
}

StripeLock::StripeLock(Stripe& stripe, bool wait) : stripe_(stripe) {
  int result = wait ? pthread_mutex_lock(&stripe.mutex) : pthread_mutex_trylock(&stripe.mutex);
  inherited_ = result == EOWNERDEAD;
  if (inherited_) pthread_mutex_consistent(&stripe.mutex);
  held_ = result == 0 || inherited_;
}

StripeLock::~StripeLock() {
  if (held_) pthread_mutex_unlock(&stripe_.mutex);
}

}  // namespace famfs::simulated

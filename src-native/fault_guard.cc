#include "fault_guard.h"

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <mutex>

#include "background.h"
#include "env.h"
#include "fault_handler.h"
#include "util/js.h"

namespace famfs::fault_guard {
namespace {

constexpr int kSignals[] = {SIGBUS, SIGSEGV};

std::mutex decision;
bool decided = false;
bool enabled = false;

// Who had a signal before us. Its `action` is written before our handler is installed.
struct Previous {
  struct sigaction action;
  std::atomic<bool> spent{false};  // one that asked to be called once only (SA_RESETHAND)

  bool HasHandler() const { return action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN; }
};

Previous previous[2];

// With the signals blocked that the kernel would have blocked: a handler that faults itself must end the process, not
// be called again without end. Returning from the signal unblocks them.
void Call(const struct sigaction& action, int signal, siginfo_t* info, void* context) {
  sigset_t mask = action.sa_mask;
  if (!(action.sa_flags & SA_NODEFER)) sigaddset(&mask, signal);
  pthread_sigmask(SIG_BLOCK, &mask, nullptr);
  if (action.sa_flags & SA_SIGINFO) {
    action.sa_sigaction(signal, info, context);
  } else {
    action.sa_handler(signal);
  }
}

// As without us: a fault ends the process when it is tried again, a signal that was sent does at once.
void TakeDefault(int signal, const siginfo_t* info, bool ignored) {
  bool repeats = info->si_code > 0 && !(signal == SIGBUS && info->si_code == BUS_MCEERR_AO);
  if (ignored && !repeats) return;
  struct sigaction fatal = {};
  fatal.sa_handler = SIG_DFL;
  sigaction(signal, &fatal, nullptr);
  if (!repeats) raise(signal);
}

void CallPrevious(int signal, siginfo_t* info, void* context) {
  Previous& before = previous[signal == SIGBUS ? 0 : 1];
  bool once = (before.action.sa_flags & SA_RESETHAND) != 0;
  if (before.HasHandler() && !(once && before.spent.exchange(true))) {
    Call(before.action, signal, info, context);
  } else {
    TakeDefault(signal, info, before.action.sa_handler == SIG_IGN);
  }
}

void OnSignal(int signal, siginfo_t* info, void* context) {
  int saved = errno;
  bool contained = fault_handler::Contain(signal, info, context);
  errno = saved;
  if (!contained) CallPrevious(signal, info, context);
}

void Install() {
  background::Prepare();
  struct sigaction ours = {};
  ours.sa_sigaction = OnSignal;
  // On the alternate stack where a thread has one; not deferred, because what is blocked is up to the handler before
  // us.
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&ours.sa_mask);
  for (int i = 0; i < 2; i++) {
    sigaction(kSignals[i], nullptr, &previous[i].action);
    sigaction(kSignals[i], &ours, nullptr);
  }
}

bool Decide(bool wanted) {
  std::lock_guard lock(decision);
  if (decided) return enabled;
  if (wanted) Install();
  decided = true;
  enabled = wanted;
  return enabled;
}

bool IsOurs(int signal) {
  struct sigaction current;
  sigaction(signal, nullptr, &current);
  return (current.sa_flags & SA_SIGINFO) != 0 && current.sa_sigaction == OnSignal;
}

const char* KindName(uint64_t kind) {
  switch (kind) {
    case kTruncated:
      return "truncated";
    case kPoisoned:
      return "poisoned";
    case kNoSpace:
      return "no-space";
    case kReadOnlyStore:
      return "read-only-store";
    case kSuspect:
      return "suspect";
    default:
      return "device";
  }
}

}  // namespace

void Ensure() {
  static const bool once = Decide(true);
  (void)once;
}

Napi::Value Choose(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), Decide(info[0].ToBoolean()));
}

Napi::Value Replaced(const Napi::CallbackInfo& info) {
  std::lock_guard lock(decision);
  static bool told = false;
  bool replaced = enabled && !told && !(IsOurs(SIGBUS) && IsOurs(SIGSEGV));
  told = told || replaced;
  return Napi::Boolean::New(info.Env(), replaced);
}

Napi::Value Failure(const Napi::CallbackInfo& info) {
  const Region& region = Environment::Of(info).GetRegion(info, 0);
  uint64_t packed = region_table::slots[region.slot()].failure.load(std::memory_order_acquire);
  if (packed == 0) return info.Env().Undefined();
  uint64_t offset = packed & ~0xfffull;
  uint64_t logarithm = packed >> 4 & 63;
  uint64_t length =
      logarithm == 63 ? region.length() - offset : std::min(uint64_t{1} << logarithm, region.length() - offset);
  uintptr_t address = reinterpret_cast<uintptr_t>(region.base()) + offset;
  char addresses[2 * 16 + 2];
  snprintf(addresses, sizeof addresses, "%" PRIxPTR "-%" PRIxPTR, address, address + length);
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("kind", KindName(packed & 15));
  result.Set("offset", static_cast<double>(offset));
  result.Set("length", static_cast<double>(length));
  result.Set("addresses", addresses);
  return result;
}

Napi::Value FailDevice(const Napi::CallbackInfo& info) {
  fault_handler::FailDevice(DeviceOf(ToUint(info, 0)));
  return info.Env().Undefined();
}

Napi::Value OnFault(const Napi::CallbackInfo& info) {
  Environment::Of(info).SetFaultCallback(ToFunction(info, 0));
  return info.Env().Undefined();
}

}  // namespace famfs::fault_guard

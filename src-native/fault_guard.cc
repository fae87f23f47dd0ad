#include "fault_guard.h"

#include <signal.h>

#include <algorithm>
#include <cerrno>
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
// Who had the signal before, by kSignals' order; written before our handler is installed.
struct sigaction previous[2];

void CallPrevious(int signal, siginfo_t* info, void* context) {
  const struct sigaction& before = previous[signal == SIGBUS ? 0 : 1];
  if (before.sa_flags & SA_SIGINFO) {
    before.sa_sigaction(signal, info, context);
  } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(signal);
  } else if (before.sa_handler == SIG_DFL || info->si_code > 0) {
    // As without us: a fault ends the process when it is tried again, a signal that was sent when we return.
    struct sigaction fatal = {};
    fatal.sa_handler = SIG_DFL;
    sigaction(signal, &fatal, nullptr);
    if (info->si_code <= 0) raise(signal);
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
  // On the alternate stack where a thread has one; not deferred, so that a handler before us may jump out.
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&ours.sa_mask);
  for (int i = 0; i < 2; i++) {
    sigaction(kSignals[i], nullptr, &previous[i]);
    sigaction(kSignals[i], &ours, nullptr);
  }
}

bool Decide(bool wanted) {
  std::lock_guard lock(decision);
  if (decided) return enabled;
  decided = true;
  enabled = wanted;
  if (enabled) Install();
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
  return Napi::Boolean::New(info.Env(), enabled && !(IsOurs(SIGBUS) && IsOurs(SIGSEGV)));
}

Napi::Value Failure(const Napi::CallbackInfo& info) {
  const Region& region = Environment::Of(info).GetRegion(info, 0);
  uint64_t packed = region_table::slots[region.slot()].failure.load(std::memory_order_acquire);
  if (packed == 0) return info.Env().Undefined();
  uint64_t offset = packed & ~0xfffull;
  uint64_t logarithm = packed >> 4 & 63;
  uint64_t length =
      logarithm == 63 ? region.length() - offset : std::min(uint64_t{1} << logarithm, region.length() - offset);
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("kind", KindName(packed & 15));
  result.Set("offset", static_cast<double>(offset));
  result.Set("length", static_cast<double>(length));
  return result;
}

Napi::Value OnFault(const Napi::CallbackInfo& info) {
  Environment::Of(info).SetFaultCallback(ToFunction(info, 0));
  return info.Env().Undefined();
}

}  // namespace famfs::fault_guard

#pragma once

#include <pthread.h>
#include <signal.h>

#include <thread>
#include <utility>

namespace famfs {

// Keeps all signals from this thread, and from those it starts, but the ones that a thread's own faults raise.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    for (int fault : {SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGTRAP}) sigdelset(&all, fault);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

// Starts a thread that gets none of the process's signals. Throws std::system_error where the system allows no more.
template <typename Body>
std::thread StartThread(const char* name, Body body) {
  SignalsBlocked blocked;
  std::thread thread(std::move(body));
  pthread_setname_np(thread.native_handle(), name);
  return thread;
}

}  // namespace famfs

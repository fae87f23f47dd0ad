#pragma once

#include <pthread.h>
#include <signal.h>

#include <thread>
#include <utility>

namespace famfs {

// Starts a thread that gets none of the process's signals but those its own faults raise.
template <typename Body>
std::thread StartThread(const char* name, Body body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  for (int fault : {SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGTRAP}) sigdelset(&all, fault);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(body));
  pthread_setname_np(thread.native_handle(), name);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace famfs

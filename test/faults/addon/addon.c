// What other native code does beside us: handlers of its own, faults of its own, threads of its own.
#include <errno.h>
#include <node_api.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef MADV_HWPOISON
#define MADV_HWPOISON 100
#endif

#define EXPORT(name) {#name, NULL, name, NULL, NULL, NULL, napi_enumerable, NULL}

static volatile int handled = 0;
static volatile int* volatile nowhere = (volatile int*)16;
static char* own_page = NULL;   // no access: a fault here is ours, and repaired
static char* own_file = NULL;   // behind the end of its file: SIGBUS
static struct sigaction before_segv;
static struct sigaction before_bus;

static void* argument_bytes(napi_env env, napi_callback_info info, size_t* length, double* numbers) {
  napi_value arguments[3];
  size_t count = 3;
  void* data = NULL;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  napi_get_typedarray_info(env, arguments[0], NULL, length, &data, NULL, NULL);
  for (size_t i = 1; i < count; i++) napi_get_value_double(env, arguments[i], &numbers[i - 1]);
  return data;
}

static napi_value number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

static void on_own_fault(int signal, siginfo_t* info, void* context) {
  char* address = info->si_addr;
  if (own_page != NULL && address >= own_page && address < own_page + 4096) {
    handled++;
    mprotect(own_page, 4096, PROT_READ | PROT_WRITE);
  } else if (own_file != NULL && address >= own_file && address < own_file + 4096) {
    handled++;
    mmap(own_file, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  } else {
    struct sigaction* before = signal == SIGBUS ? &before_bus : &before_segv;
    if (before->sa_flags & SA_SIGINFO) before->sa_sigaction(signal, info, context);
    else sigaction(signal, before, NULL);
  }
}

// Reports and returns, as crash reporters do that were installed to be called once.
static void on_report(int signal) {
  (void)signal;
  handled++;
  (void)!write(2, "report\n", 7);
}

// A crash reporter with a bug.
static void on_crash(int signal) {
  (void)signal;
  (void)!write(2, "reporting\n", 10);
  *nowhere = 1;
}

static void install(struct sigaction* action) {
  sigemptyset(&action->sa_mask);
  sigaction(SIGSEGV, action, &before_segv);
  sigaction(SIGBUS, action, &before_bus);
}

static napi_value installRepairing(napi_env env, napi_callback_info info) {
  (void)info;
  struct sigaction action = {.sa_sigaction = on_own_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  install(&action);
  return number(env, 0);
}

static napi_value installReportingOnce(napi_env env, napi_callback_info info) {
  (void)info;
  struct sigaction action = {.sa_handler = on_report, .sa_flags = (int)SA_RESETHAND};
  install(&action);
  return number(env, 0);
}

static napi_value installCrashing(napi_env env, napi_callback_info info) {
  (void)info;
  struct sigaction action = {.sa_handler = on_crash};
  install(&action);
  return number(env, 0);
}

// Two faults that are none of famfs's business; returns how many the repairing handler has had in all.
static napi_value faultOnOwnPages(napi_env env, napi_callback_info info) {
  (void)info;
  own_page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  own_file = mmap(NULL, 4096, PROT_READ, MAP_SHARED, memfd_create("empty", MFD_CLOEXEC), 0);
  ((volatile char*)own_page)[7] = 1;
  (void)((volatile char*)own_file)[7];
  return number(env, handled);
}

static napi_value crash(napi_env env, napi_callback_info info) {
  (void)info;
  *nowhere = 1;
  return number(env, 0);
}

static void* store_nowhere(void* nothing) {
  *nowhere = 1;
  return nothing;
}

static napi_value crashOnThread(napi_env env, napi_callback_info info) {
  (void)info;
  pthread_t thread;
  pthread_create(&thread, NULL, store_nowhere, NULL);
  pthread_join(thread, NULL);
  return number(env, 0);
}

// queuePoison(view, offset, lsb): the signal of poisoned memory, as the kernel would raise it at this address.
static napi_value queuePoison(napi_env env, napi_callback_info info) {
  size_t length;
  double numbers[2] = {0, 12};
  char* data = argument_bytes(env, info, &length, numbers);
  siginfo_t poison;
  memset(&poison, 0, sizeof poison);
  poison.si_signo = SIGBUS;
  poison.si_code = BUS_MCEERR_AR;
  poison.si_addr = data + (size_t)numbers[0];
  poison.si_addr_lsb = (short)numbers[1];
  long result = syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGBUS, &poison);
  return number(env, result == 0 ? 0 : errno);
}

// poison(view, offset): for real, where the kernel can and lets us; returns the error number.
static napi_value poison(napi_env env, napi_callback_info info) {
  size_t length;
  double numbers[2] = {0, 0};
  char* data = argument_bytes(env, info, &length, numbers);
  return number(env, madvise(data + (size_t)numbers[0], 4096, MADV_HWPOISON) == 0 ? 0 : errno);
}

struct span {
  char* data;
  size_t length;
};

static void* read_span(void* argument) {
  struct span* span = argument;
  uintptr_t sum = 0;
  for (size_t at = 0; at < span->length; at += 4096) sum += ((volatile unsigned char*)span->data)[at];
  return (void*)sum;
}

static void* store_backward(void* argument) {
  struct span* span = argument;
  for (size_t at = span->length; at >= 4096; at -= 4096) ((volatile char*)span->data)[at - 4096] = 1;
  return NULL;
}

// readOnThread(view): a byte of each page, on a thread that is neither Node's nor ours.
static napi_value readOnThread(napi_env env, napi_callback_info info) {
  struct span span;
  pthread_t thread;
  void* sum = NULL;
  span.data = argument_bytes(env, info, &span.length, NULL);
  pthread_create(&thread, NULL, read_span, &span);
  pthread_join(thread, &sum);
  return number(env, (double)(uintptr_t)sum);
}

static pthread_t background;
static struct span background_span;

// Starts storing into each page, last page first, on another thread; endStores waits for it.
static napi_value startStores(napi_env env, napi_callback_info info) {
  background_span.data = argument_bytes(env, info, &background_span.length, NULL);
  pthread_create(&background, NULL, store_backward, &background_span);
  return number(env, 0);
}

static napi_value endStores(napi_env env, napi_callback_info info) {
  (void)info;
  pthread_join(background, NULL);
  return number(env, 0);
}

NAPI_MODULE_INIT() {
  napi_property_descriptor functions[] = {
      EXPORT(installRepairing), EXPORT(installReportingOnce), EXPORT(installCrashing), EXPORT(faultOnOwnPages),
      EXPORT(crash),            EXPORT(queuePoison),          EXPORT(poison),          EXPORT(readOnThread),
      EXPORT(crashOnThread), EXPORT(startStores),      EXPORT(endStores),
  };
  napi_define_properties(env, exports, sizeof functions / sizeof functions[0], functions);
  return exports;
}

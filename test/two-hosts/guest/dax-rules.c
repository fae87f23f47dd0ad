/* Asks the kernel what a dax device allows: one JSON object, each rule with the errno's name or what was found. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MIB2 (2UL << 20)
#define MANY (32 * MIB2)

static int device, reader;

static void say(const char *rule, const char *found) { printf(",\n  \"%s\": \"%s\"", rule, found); }

static void say_result(const char *rule, long result) {
  say(rule, result == -1 ? strerrorname_np(errno) : "ok");
}

static void say_number(const char *rule, long number) { printf(",\n  \"%s\": %ld", rule, number); }

static void *map(int fd, size_t length, int protection, int flags, off_t offset) {
  return mmap(NULL, length, protection, flags, fd, offset);
}

static void say_map(const char *rule, int fd, size_t length, int protection, int flags, off_t offset) {
  void *at = map(fd, length, protection, flags, offset);
  say_result(rule, at == MAP_FAILED ? -1 : 0);
  if (at != MAP_FAILED) munmap(at, length);
}

static void mapping_rules(off_t size) {
  const int both = PROT_READ | PROT_WRITE;
  say_map("map", device, MIB2, both, MAP_SHARED, 0);
  say_map("map at 2 MiB", device, MIB2, both, MAP_SHARED, MIB2);
  say_map("map 4096 bytes", device, 4096, both, MAP_SHARED, 0);
  say_map("map at 4096", device, MIB2, both, MAP_SHARED, 4096);
  say_map("map privately", device, MIB2, both, MAP_PRIVATE, 0);
  say_map("map with MAP_SYNC", device, MIB2, both, MAP_SHARED_VALIDATE | MAP_SYNC, 0);
  say_map("map to execute", device, MIB2, PROT_READ | PROT_EXEC, MAP_SHARED, 0);
  say_map("map all", device, size, both, MAP_SHARED, 0);
  say_map("map past the end", device, MIB2, both, MAP_SHARED, size);
  say_map("read-only descriptor, map to read", reader, MIB2, PROT_READ, MAP_SHARED, 0);
  say_map("read-only descriptor, map to write", reader, MIB2, both, MAP_SHARED, 0);
}

static void file_rules(void) {
  char byte = 0;
  struct stat status;
  fstat(device, &status);
  say_number("st_size", status.st_size);
  say_result("ftruncate", ftruncate(device, MIB2));
  say_result("fallocate", fallocate(device, 0, 0, MIB2));
  say_result("fsync", fsync(device));
  say_result("pread", pread(device, &byte, 1, 0));
  say_result("pwrite", pwrite(device, &byte, 1, 0));
}

static void lock_rules(const char *path) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
  int other = open(path, O_RDWR);
  say_result("OFD lock", fcntl(device, F_OFD_SETLK, &lock));
  lock.l_pid = 0;
  say_result("OFD lock that another has", fcntl(other, F_OFD_SETLK, &lock));
  say_result("OFD query of a reader", fcntl(reader, F_OFD_GETLK, &lock));
  say("OFD query of a reader finds", lock.l_type == F_WRLCK ? "locked" : "free");
  close(other);
}

static sigjmp_buf back;
static volatile sig_atomic_t fault_code;

static void on_fault(int signal, siginfo_t *info, void *context) {
  (void)context;
  fault_code = info->si_code;
  siglongjmp(back, signal);
}

static long faults(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

/* Puts private pages over a part of a mapping. */
static int replace(char *at, size_t length) {
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  return mmap(at, length, PROT_READ, flags, -1, 0) == MAP_FAILED ? -1 : 0;
}

static void memory_rules(void) {
  char *at = map(device, MANY, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
  say_number("address modulo 2 MiB", (uintptr_t)at % MIB2);
  long before = faults();
  /* Several in each 2 MiB. */
  for (size_t i = 0; i < MANY; i += MIB2 / 4) at[i] = 1;
  say_number("faults of 64 MiB", faults() - before);
  say_result("MADV_POPULATE_READ", madvise(at, MANY, MADV_POPULATE_READ));
  say_result("MADV_POPULATE_WRITE", madvise(at, MANY, MADV_POPULATE_WRITE));
  say_result("msync", msync(at, MANY, MS_SYNC));
  say_result("mprotect 4096 bytes", mprotect(at + 4096, 4096, PROT_READ));
  say_result("mprotect 2 MiB", mprotect(at + MIB2, MIB2, PROT_READ));
  say_result("munmap 4096 bytes", munmap(at + 4096, 4096));
  say_result("replace 4096 bytes", replace(at + 2 * MIB2 + 4096, 4096));
  say_result("replace 2 MiB", replace(at + 2 * MIB2, MIB2));
  say_result("futex wake", syscall(SYS_futex, at, FUTEX_WAKE, 1, NULL, NULL, 0));
  struct timespec soon = {.tv_nsec = 1000000};
  say_result("futex wait", syscall(SYS_futex, at, FUTEX_WAIT, 0x01, &soon, NULL, 0));
  munmap(at, MANY);
}

static void fault_past_the_end(off_t size) {
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGBUS, &action, NULL);
  sigaction(SIGSEGV, &action, NULL);
  volatile char *at = map(device, MIB2, PROT_READ | PROT_WRITE, MAP_SHARED, size);
  int signal = at == MAP_FAILED ? 0 : sigsetjmp(back, 1);
  if (at != MAP_FAILED && signal == 0) at[0] = 1;
  say("touch past the end", signal == 0 ? "nothing" : sigabbrev_np(signal));
  say_number("si_code of it", fault_code);
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  const char *path = arguments[1];
  off_t size = 0;
  if (sscanf(arguments[2], "%ld", &size) != 1) return 2;
  device = open(path, O_RDWR);
  reader = open(path, O_RDONLY);
  if (device < 0 || reader < 0) return 1;
  printf("{\n  \"open\": \"ok\"");
  mapping_rules(size);
  file_rules();
  lock_rules(path);
  memory_rules();
  fault_past_the_end(size);
  printf("\n}\n");
  return 0;
}

// mutex PATH COUNT: two processes hand a futex lock (Drepper's "mutex 2") over COUNT times. Who has it waits until the
// other one waits for it, notes the time and gives it back. Prints { "ns": the median of a hand-over }.
#include <immintrin.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "yardstick.h"

enum { kHold = 30000 };

struct shared {
  _Atomic uint32_t lock;
  char apart[124];
  _Atomic uint32_t turn;
  _Atomic uint64_t released;
};

static void lock(_Atomic uint32_t* word) {
  uint32_t found = 0;
  if (atomic_compare_exchange_strong(word, &found, 1)) return;
  if (found != 2) found = atomic_exchange(word, 2);
  while (found != 0) {
    syscall(SYS_futex, word, FUTEX_WAIT, 2, NULL, NULL, 0);
    found = atomic_exchange(word, 2);
  }
}

static void unlock(_Atomic uint32_t* word) {
  if (atomic_exchange(word, 0) == 2) syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static int by_size(const void* a, const void* b) {
  uint64_t x = *(const uint64_t*)a, y = *(const uint64_t*)b;
  return x < y ? -1 : x > y;
}

static uint64_t play(struct shared* at, uint32_t me, uint32_t count) {
  uint64_t* late = malloc(sizeof(uint64_t) * (count / 2 + 1));
  size_t found = 0;
  for (uint32_t turn = me + 1; turn <= count; turn += 2) {
    while (atomic_load(&at->turn) < turn - 1) _mm_pause();
    lock(&at->lock);
    if (turn > 1) late[found++] = now_ns() - atomic_load(&at->released);
    atomic_store(&at->turn, turn);
    uint64_t start = now_ns();
    while (now_ns() - start < kHold) _mm_pause();
    atomic_store(&at->released, now_ns());
    unlock(&at->lock);
  }
  qsort(late, found, sizeof(uint64_t), by_size);
  uint64_t median = late[found / 2];
  free(late);
  return median;
}

int main(int count, char** arguments) {
  uint32_t turns = (uint32_t)argument(count, arguments, 2);
  struct shared* at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, open_file(arguments[1]), 0);
  if (at == MAP_FAILED) fail("mmap");
  if (fork() == 0) {
    play(at, 1, turns);
    _exit(0);
  }
  uint64_t ns = play(at, 0, turns);
  wait(NULL);
  printf("{ \"ns\": %llu }\n", (unsigned long long)ns);
  return 0;
}

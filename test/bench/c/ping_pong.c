// ping_pong PATH COUNT: two processes answer each other COUNT times, each through a word on a line of its own.
// Prints { "ns": one round trip }.
#include <immintrin.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "yardstick.h"

static void wait_for(_Atomic uint32_t* word, uint32_t value) {
  while (atomic_load_explicit(word, memory_order_acquire) != value) _mm_pause();
}

int main(int count, char** arguments) {
  uint32_t rounds = (uint32_t)argument(count, arguments, 2);
  char* at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, open_file(arguments[1]), 0);
  if (at == MAP_FAILED) fail("mmap");
  _Atomic uint32_t* ping = (_Atomic uint32_t*)at;
  _Atomic uint32_t* pong = (_Atomic uint32_t*)(at + 128);
  atomic_store(ping, 0);
  atomic_store(pong, 0);
  if (fork() == 0) {
    for (uint32_t i = 1; i <= rounds; i++) {
      wait_for(ping, i);
      atomic_store(pong, i);
    }
    _exit(0);
  }
  uint64_t start = 0;
  for (uint32_t i = 1; i <= rounds; i++) {
    if (i == rounds / 10) start = now_ns();
    atomic_store(ping, i);
    wait_for(pong, i);
  }
  double ns = (double)(now_ns() - start) / (double)(rounds - rounds / 10);
  wait(NULL);
  printf("{ \"ns\": %.2f }\n", ns);
  return 0;
}

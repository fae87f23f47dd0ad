/* Words of a dax device, from a program that knows nothing of the library:
 *   dax-word <device> store <offset> <value>
 *   dax-word <device> load <offset>
 *   dax-word <device> wait <offset> <value>           until the word has it, at most 20 s
 *   dax-word <device> race <offset> <times>           waits for the other at <offset>, then adds to the word after it
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define LENGTH (2UL << 20)

static int wait_for(const uint32_t *word, uint32_t value) {
  for (time_t end = time(NULL) + 20; time(NULL) < end;)
    if (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value) return 0;
  fprintf(stderr, "the word is %u, not %u\n", *word, value);
  return 1;
}

static int race(uint32_t *words, uint32_t times) {
  __atomic_add_fetch(words, 1, __ATOMIC_SEQ_CST);
  if (wait_for(words, 2) != 0) return 1;
  for (uint32_t i = 0; i < times; i++) __atomic_add_fetch(words + 16, 1, __ATOMIC_SEQ_CST);
  return 0;
}

int main(int count, char **arguments) {
  if (count < 4) return 2;
  int device = open(arguments[1], O_RDWR);
  char *at = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, device, 0);
  if (at == MAP_FAILED) return perror(arguments[1]), 1;
  uint32_t *word = (uint32_t *)(at + strtoul(arguments[3], NULL, 0));
  uint32_t value = count > 4 ? (uint32_t)strtoul(arguments[4], NULL, 0) : 0;
  if (strcmp(arguments[2], "store") == 0) return __atomic_store_n(word, value, __ATOMIC_RELEASE), 0;
  if (strcmp(arguments[2], "load") == 0) return printf("%u\n", __atomic_load_n(word, __ATOMIC_ACQUIRE)), 0;
  if (strcmp(arguments[2], "wait") == 0) return wait_for(word, value);
  if (strcmp(arguments[2], "race") == 0) return race(word, value);
  return 2;
}

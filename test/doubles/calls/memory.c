// Calls on a mapping of the open file; a new one takes the place of the one before.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "calls.h"

static long call_map(char* words[]) {
  int protection = has(words[3], "ro") ? PROT_READ : PROT_READ | PROT_WRITE;
  if (has(words[3], "exec")) protection = PROT_READ | PROT_EXEC;
  int flags = has(words[4], "private") ? MAP_PRIVATE : MAP_SHARED;
  if (has(words[4], "sync")) flags = MAP_SHARED_VALIDATE | MAP_SYNC;
  size_t length = strtoul(words[2], NULL, 10);
  void* mapped = mmap(NULL, length, protection, flags, target.fd, atol(words[1]));
  if (mapped == MAP_FAILED) return -1;
  target.mapped = mapped;
  target.length = length;
  return 0;
}

static long call_peek(char* words[]) { return *(volatile unsigned char*)(target.mapped + atol(words[1])); }

static long call_poke(char* words[]) {
  *(volatile unsigned char*)(target.mapped + atol(words[1])) = (unsigned char)atoi(words[2]);
  return 0;
}

// Write access to a mapping that may not have it.
static long call_mprotect(char* words[]) {
  (void)words;
  return mprotect(target.mapped, target.length, PROT_READ | PROT_WRITE);
}

static long call_populate(char* words[]) {
  int advice = has(words[1], "write") ? MADV_POPULATE_WRITE : MADV_POPULATE_READ;
  return madvise(target.mapped + atol(words[2]), strtoul(words[3], NULL, 10), advice);
}

static long call_msync(char* words[]) {
  (void)words;
  return msync(target.mapped, target.length, MS_SYNC);
}

const struct call memory_calls[] = {
    {"map", call_map},           {"peek", call_peek},   {"poke", call_poke}, {"mprotect", call_mprotect},
    {"populate", call_populate}, {"msync", call_msync}, {NULL, NULL}};

// One system call a line: calls.c.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { MAX_WORDS = 6 };

// What the calls work on.
struct target {
  const char* path;
  int fd;
  unsigned char* mapped;
  size_t length;
};
extern struct target target;

// Puts a call's answer where a number will not do; returns 0.
long answer(const char* format, ...) __attribute__((format(printf, 1, 2)));

// As system calls: a result, or -1 and errno. `words` begins with the call's own name; missing ones are "".
struct call {
  const char* name;
  long (*make)(char* words[MAX_WORDS]);
};
extern const struct call file_calls[];
extern const struct call name_calls[];
extern const struct call memory_calls[];

// Whether a list of words joined by "+" has this one.
bool has(const char* list, const char* word);

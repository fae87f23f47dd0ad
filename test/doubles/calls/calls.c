// Makes the system calls that it is told, one a line, and answers each with one: the result, or the name of the errno,
// or SIGBUS. Tests ask with it what a file system does where Node has no function for it.
//
//   open rw+append        close               the flags: ro rw wo creat excl trunc append direct tmpfile
//   pread OFFSET LENGTH   pwrite OFFSET LENGTH     write LENGTH     (of "x")
//   map OFFSET LENGTH ro|rw|exec [private|sync]   peek OFFSET   poke OFFSET BYTE   …
//
// The call is looked up in three tables: files.c, names.c and memory.c.
#include "calls.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct target target = {.fd = -1};
static char text[4096];
static sigjmp_buf before_call;

long answer(const char* format, ...) {
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  return 0;
}

bool has(const char* list, const char* word) {
  size_t length = strlen(word);
  for (const char* at = list; at != NULL; at = strchr(at, '+')) {
    if (*at == '+') at++;
    if (strncmp(at, word, length) == 0 && (at[length] == '\0' || at[length] == '+')) return true;
  }
  return false;
}

static void on_fault(int signal) {
  (void)signal;
  siglongjmp(before_call, 1);
}

static const struct call* find(const char* name) {
  const struct call* tables[] = {file_calls, name_calls, memory_calls};
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    for (const struct call* call = tables[i]; call->name != NULL; call++) {
      if (strcmp(call->name, name) == 0) return call;
    }
  }
  return NULL;
}

// Apart, because sigsetjmp returns twice.
static __attribute__((noinline)) void make(const struct call* call, char* words[MAX_WORDS]) {
  if (sigsetjmp(before_call, 1) != 0) {
    puts("SIGBUS");
    return;
  }
  long result = call->make(words);
  if (result < 0) {
    puts(strerrorname_np(errno));
  } else if (text[0] != '\0') {
    puts(text);
  } else {
    printf("%ld\n", result);
  }
}

int main(int argc, char* argv[]) {
  target.path = argc > 1 ? argv[1] : "";
  signal(SIGBUS, on_fault);
  char line[4096];
  while (fgets(line, sizeof line, stdin) != NULL) {
    char* words[MAX_WORDS] = {"", "", "", "", "", ""};
    char* rest = line;
    for (int i = 0; i < MAX_WORDS; i++) {
      char* word = strtok_r(NULL, " \n", &rest);
      if (word == NULL) break;
      words[i] = word;
    }
    const struct call* call = find(words[0]);
    text[0] = '\0';
    if (call == NULL) {
      puts("unknown call");
    } else {
      make(call, words);
    }
    fflush(stdout);
  }
  return 0;
}

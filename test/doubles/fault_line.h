// Both doubles are told what shall fail by a file of lines: "operation errno [name]".
#pragma once

#include <stdio.h>
#include <string.h>

// The errno of a line that is about this operation on this file, else 0. `*` is any operation, no name any file.
static inline int fault_of_line(const char* line, const char* operation, const char* name) {
  char failing[32];
  int error = 0;
  int at = 0;
  if (sscanf(line, "%31s %d %n", failing, &error, &at) < 2) return 0;
  int concerned = line[at] == '\0' || strcmp(line + at, name) == 0;
  return concerned && (strcmp(failing, operation) == 0 || strcmp(failing, "*") == 0) ? error : 0;
}

// Failures on demand. The file is read at every operation, so that any process may change it and the next call sees it.
#include <stdio.h>
#include <string.h>

#include "famfs_double.h"

int fault(const char* operation, const struct node* node) {
  FILE* file = fopen(settings.faults, "re");
  if (file == NULL) return 0;
  char line[PATH_MAX + 64];
  int error = 0;
  while (error == 0 && fgets(line, sizeof line, file) != NULL) {
    char failing[32];
    int number = 0;
    int path = 0;
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "%31s %d %n", failing, &number, &path) < 2) continue;
    bool concerned = line[path] == '\0' || strcmp(line + path, node->path) == 0;
    if (concerned && (strcmp(failing, operation) == 0 || strcmp(failing, "*") == 0)) error = number;
  }
  fclose(file);
  return error;
}

// Failures on demand. The file is read at every operation, so that any process may change it and the next call sees it.
#include "../fault_line.h"
#include "famfs_double.h"

int fault(const char* operation, const struct node* node) {
  FILE* file = fopen(settings.faults, "re");
  if (file == NULL) return 0;
  char line[PATH_MAX + 64];
  int error = 0;
  while (error == 0 && fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    error = fault_of_line(line, operation, node->path);
  }
  fclose(file);
  return error;
}

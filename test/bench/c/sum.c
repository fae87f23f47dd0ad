// sum PATH LENGTH SAMPLES: adds the file's floats into one double, over the mapping itself.
// Prints { "ns": the fastest pass, "sum": the result }. A first pass that is not counted makes the page tables.
#include <sys/mman.h>

#include "yardstick.h"

static double sum(const float* values, size_t count) {
  double total = 0;
#ifdef BY_FOURS
  for (size_t i = 0; i < count; i += 4) {
    total += (double)values[i];
    total += (double)values[i + 1];
    total += (double)values[i + 2];
    total += (double)values[i + 3];
  }
#else
  for (size_t i = 0; i < count; i++) total += (double)values[i];
#endif
  return total;
}

int main(int count, char** arguments) {
  uint64_t length = argument(count, arguments, 2);
  uint64_t samples = argument(count, arguments, 3);
  int fd = open_file(arguments[1]);
  const float* values = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (values == MAP_FAILED) fail("mmap");
  double fastest = 1e300;
  double total = sum(values, length / sizeof *values);
  for (uint64_t sample = 0; sample < samples; sample++) {
    uint64_t start = now_ns();
    double again = sum(values, length / sizeof *values);
    double taken = (double)(now_ns() - start);
    if (taken < fastest) fastest = taken;
    if (again != total) {
      fprintf(stderr, "sum: the file changes\n");
      return 1;
    }
  }
  printf("{ \"ns\": %.1f, \"sum\": %.17g }\n", fastest, total);
  return 0;
}

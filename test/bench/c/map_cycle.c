// map_cycle PATH LENGTH SAMPLES BATCH: mmap + munmap of the file's first LENGTH bytes, nothing touched.
// Prints { "ns": median over the samples of the time of one cycle }.
#include <sys/mman.h>

#include "yardstick.h"

int main(int count, char** arguments) {
  uint64_t length = argument(count, arguments, 2);
  uint64_t samples = argument(count, arguments, 3);
  uint64_t batch = argument(count, arguments, 4);
  int fd = open_file(arguments[1]);
  double* figures = calloc(samples, sizeof *figures);
  if (figures == NULL) fail("calloc");
  for (uint64_t sample = 0; sample < samples; sample++) {
    uint64_t start = now_ns();
    for (uint64_t i = 0; i < batch; i++) {
      void* base = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
      if (base == MAP_FAILED) fail("mmap");
      munmap(base, length);
    }
    figures[sample] = (double)(now_ns() - start) / (double)batch;
  }
  printf("{ \"ns\": %.1f }\n", median(figures, samples));
  free(figures);
  return 0;
}

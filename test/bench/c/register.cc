// register REGISTERED SAMPLES BATCH: what the table of mappings costs, by the library's own code: take a slot, publish
// it, give it back, while REGISTERED others are in the table. Prints { "ns": median of one such cycle }.
#include "region_table.h"
#include "yardstick.h"

int main(int count, char** arguments) {
  using namespace famfs;
  uint64_t registered = argument(count, arguments, 1);
  uint64_t samples = argument(count, arguments, 2);
  uint64_t batch = argument(count, arguments, 3);
  for (uint64_t i = 0; i < registered; i++) {
    uint32_t slot = region_table::Take();
    uintptr_t begin = (static_cast<uintptr_t>(slot) + 1) << 32;
    region_table::Publish(slot, begin, begin + 4096);
  }
  auto* figures = static_cast<double*>(calloc(samples, sizeof(double)));
  if (figures == nullptr) fail("calloc");
  for (uint64_t sample = 0; sample < samples; sample++) {
    uint64_t start = now_ns();
    for (uint64_t i = 0; i < batch; i++) {
      uint32_t slot = region_table::Take();
      region_table::Publish(slot, 4096, 8192);
      region_table::Give(slot);
    }
    figures[sample] = static_cast<double>(now_ns() - start) / static_cast<double>(batch);
  }
  printf("{ \"ns\": %.1f }\n", median(figures, samples));
  free(figures);
  return 0;
}

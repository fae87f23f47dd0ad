#include "map_budget.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>

#include "util/unique_fd.h"

namespace famfs::map_budget {
namespace {

constexpr int64_t kDefaultLimit = 65530;
constexpr int64_t kPartForTheEngine = 16;

// How many may be made before it is counted again; counting takes milliseconds where there are many.
std::atomic<int64_t> left{1000};

int64_t Limit() {
  UniqueFd fd(open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC));
  char text[32] = {};
  if (fd.get() < 0 || read(fd.get(), text, sizeof text - 1) <= 0) return kDefaultLimit;
  return std::strtoll(text, nullptr, 10);
}

int64_t Count() {
  UniqueFd fd(open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
  int64_t lines = 0;
  char text[1 << 14];
  ssize_t length;
  while (fd.get() >= 0 && (length = read(fd.get(), text, sizeof text)) > 0)
    lines += std::count(text, text + length, '\n');
  return lines;
}

}  // namespace

bool Take() {
  if (left.fetch_sub(1, std::memory_order_relaxed) > 0) return true;
  int64_t limit = Limit();
  int64_t room = limit - limit / kPartForTheEngine - Count();
  left.store(room - 1, std::memory_order_relaxed);
  return room > 0;
}

}  // namespace famfs::map_budget

#include "page_sizes.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <algorithm>

#include "env.h"
#include "util/js.h"
#include "util/unique_fd.h"

namespace famfs {
namespace {

// PAGEMAP_SCAN of linux/fs.h, Linux 6.7; absent from older headers.
struct ScannedPart {
  uint64_t begin;
  uint64_t end;
  uint64_t categories;
};

struct Scan {
  uint64_t size;
  uint64_t flags;
  uint64_t begin;
  uint64_t end;
  uint64_t walk_end;
  uint64_t parts;
  uint64_t parts_length;
  uint64_t max_pages;
  uint64_t category_inverted;
  uint64_t category_mask;
  uint64_t category_anyof_mask;
  uint64_t return_mask;
};

constexpr uint64_t kPresent = 1u << 3;
constexpr uint64_t kHuge = 1u << 6;
const unsigned long kPagemapScan = _IOWR('f', 16, Scan);

struct Bytes {
  uint64_t base = 0;
  uint64_t huge = 0;
};

// Not /proc/self/smaps: it leaves pages of DAX out. Returns an error number.
int Count(uint64_t begin, uint64_t end, Bytes& bytes) {
  UniqueFd pagemap(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
  if (pagemap.get() < 0) return errno;
  ScannedPart parts[64];
  while (begin < end) {
    Scan scan = {};
    scan.size = sizeof scan;
    scan.begin = begin;
    scan.end = end;
    scan.parts = reinterpret_cast<uintptr_t>(parts);
    scan.parts_length = std::size(parts);
    scan.category_mask = kPresent;
    scan.return_mask = kPresent | kHuge;
    int count = ioctl(pagemap.get(), kPagemapScan, &scan);
    if (count < 0) return errno;
    for (int i = 0; i < count; i++) {
      uint64_t& sum = (parts[i].categories & kHuge) != 0 ? bytes.huge : bytes.base;
      sum += parts[i].end - parts[i].begin;
    }
    if (scan.walk_end <= begin) return EIO;
    begin = scan.walk_end;
  }
  return 0;
}

}  // namespace

Napi::Value PageSizes(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Region& region = Environment::Of(info).GetRegion(info, 0);
  uint64_t offset = ToUint(info, 1);
  uint64_t length = ToUint(info, 2);
  if (offset > region.length() || length > region.length() - offset) {
    throw Napi::RangeError::New(env, "famfs addon: page sizes outside of the mapping");
  }
  uintptr_t begin = reinterpret_cast<uintptr_t>(region.base()) + offset;
  uintptr_t end = begin + length;
  Bytes bytes;
  int error = Count(begin - begin % PageSize(), end + (PageSize() - end % PageSize()) % PageSize(), bytes);
  if (error != 0) throw SystemError(env, error, "ioctl");
  Napi::Object result = Napi::Object::New(env);
  result.Set("base", static_cast<double>(bytes.base));
  result.Set("huge", static_cast<double>(bytes.huge));
  return result;
}

}  // namespace famfs

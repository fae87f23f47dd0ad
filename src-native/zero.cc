#include "zero.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "env.h"
#include "target.h"

// Linux 5.14; absent from older C libraries' headers.
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

namespace famfs {
namespace {

// Says as an errno what the stores that follow would say with a signal.
int Populate(uint8_t* at, uint64_t length) {
  int result;
  do {
    result = madvise(at, length, MADV_POPULATE_WRITE);
  } while (result != 0 && errno == EINTR);
  return result == 0 || errno == EINVAL ? 0 : errno;
}

}  // namespace

// zero(mapping, treatment, onStep): stores zeros and writes them back, on another thread; the job's number.
Napi::Value Zero(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  target.CheckWritable();
  Environment& environment = Environment::Of(info);
  Region& region = environment.GetRegion(info, 0);
  uint64_t total = region.length();
  auto step = [pin = region.Pin(0, total), &region, treatment = target.treatment()](uint64_t offset, uint64_t piece) {
    if (region.closed()) return ECANCELED;
    Range range{region.base() + offset, piece};
    int error = Populate(range.at, range.length);
    if (error != 0) return error;
    memset(range.at, 0, range.length);
    WithMemory(treatment, [&](auto memory) {
      memory.WriteBack(range, Step::kWriteBack);
      memory.StoreFence(Step::kStoreFence);
    });
    return 0;
  };
  uint64_t number = environment.StartJob(total, step, ToFunction(info, 2));
  return Napi::Number::New(info.Env(), static_cast<double>(number));
}

}  // namespace famfs

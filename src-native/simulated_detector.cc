#include "simulated_detector.h"

#include "simulated_device.h"

namespace famfs::simulated::detector {
namespace {

uint64_t FirstDifference(const Line& a, const Line& b) {
  auto* left = reinterpret_cast<const uint8_t*>(a.words);
  auto* right = reinterpret_cast<const uint8_t*>(b.words);
  uint64_t at = 0;
  while (at < kLineSize && left[at] == right[at]) at++;
  return at;
}

// Another host that has unwritten stores to this line at this moment.
Copy* OtherWriter(Copy& copy, uint64_t index) {
  Device& device = copy.device();
  for (uint32_t i = 0; i < device.count(); i++) {
    Copy& other = device.copy(i);
    if (&other != &copy && other.IsDirty(index)) return &other;
  }
  return nullptr;
}

struct Breach {
  Rule rule;
  uint32_t host;
  uint32_t other;
  uint64_t index;
  uint64_t at;  // in the line
};

void Add(Device& device, const Breach& breach) {
  uint32_t bit = 1u << static_cast<uint32_t>(breach.rule);
  if ((device.line(breach.index).reported.fetch_or(bit, std::memory_order_relaxed) & bit) != 0) return;
  SharedHeader& header = device.header();
  uint32_t number = header.reports.fetch_add(1, std::memory_order_relaxed);
  if (number >= kMaxReports) return;
  Report& report = header.report[number];
  report.rule = breach.rule;
  report.host = breach.host;
  report.other = breach.other;
  report.offset = breach.index * kLineSize + breach.at;
  report.complete.store(1, std::memory_order_release);
}

}  // namespace

void BeforeStore(Copy& copy, uint64_t index, const Line& now, const Line& twin) {
  Device& device = copy.device();
  Breach breach{Rule::kTwoWriters, copy.host(), 0, index, FirstDifference(now, twin)};
  uint32_t writer = device.line(index).writer.load(std::memory_order_relaxed);
  bool by_other = writer != 0 && writer != copy.host() + 1;
  breach.other = writer - 1;
  if (by_other && copy.line(index).reader.load(std::memory_order_relaxed) != 0) {
    breach.rule = Rule::kReaderStored;
    return Add(device, breach);
  }
  // What another host stored since this one fetched the line is lost now.
  if (by_other && device.Load(index) != twin) return Add(device, breach);
  if (Copy* other = OtherWriter(copy, index)) {
    breach.other = other->host();
    Add(device, breach);
  }
}

}  // namespace famfs::simulated::detector

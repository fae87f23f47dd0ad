#include "simulated_scheduler.h"

#include <time.h>

#include <condition_variable>
#include <mutex>
#include <vector>

#include "util/thread.h"

namespace famfs::simulated::scheduler {
namespace {

// How often a clean line that is in the cache is dropped and fetched again: seldom, so that stale lines stay stale.
constexpr uint64_t kDrop = 64;
constexpr uint64_t kRefresh = 64;
constexpr uint64_t kEpoch = 64;
constexpr uint64_t kScan = 64;
constexpr uint64_t kBurst = 8;
constexpr uint64_t kLongestPause = 200'000;  // nanoseconds

uint64_t PickLine(Copy& copy, Random& random) {
  uint64_t lines = copy.device().lines();
  if (random.OneIn(4)) return random.Below(lines);
  uint64_t hot = copy.header().hot[random.Below(kHotLines)].load(std::memory_order_relaxed);
  return hot < lines ? hot : 0;
}

void MoveLine(Copy& copy, uint64_t index, Random& random, bool may_fetch) {
  if (copy.device().IsSpared(index)) return;
  if (copy.IsDirty(index)) {
    if (random.OneIn(2)) copy.WriteBack(index, false);
    return;
  }
  bool absent = copy.line(index).absent.load(std::memory_order_relaxed) != 0;
  if (!may_fetch || !random.OneIn(absent ? 2 : kDrop)) return;
  copy.Prefetch(index);
  if (absent && random.OneIn(2)) copy.line(index).absent.store(0, std::memory_order_relaxed);
}

// Finds dirty lines that no call named: those of plain stores, and what a killed process left.
void Scan(Copy& copy, Random& random) {
  uint64_t lines = copy.device().lines();
  uint64_t first = random.Below(lines);
  for (uint64_t i = first; i < first + kScan && i < lines; i++) {
    if (copy.IsDirty(i) && random.OneIn(2)) copy.WriteBack(i, false);
  }
}

struct Background {
  std::mutex mutex;
  std::condition_variable news;
  std::vector<std::weak_ptr<Device>> devices;
  bool started = false;
};

// Never destroyed: the thread outlives static destruction.
Background& Get() {
  static auto& background = *new Background;
  return background;
}

std::vector<std::shared_ptr<Device>> InUse(Background& background) {
  std::unique_lock lock(background.mutex);
  std::vector<std::shared_ptr<Device>> devices;
  auto collect = [&] {
    std::vector<std::weak_ptr<Device>> left;
    for (auto& known : background.devices) {
      if (auto device = known.lock()) {
        devices.push_back(std::move(device));
        left.push_back(known);
      }
    }
    background.devices = std::move(left);
    return !devices.empty();
  };
  background.news.wait(lock, collect);
  return devices;
}

void Burst(Device& device, Random& random) {
  device.Refresh();
  for (uint64_t i = random.Below(kBurst); i > 0; i--) Step(device, random, nullptr);
  for (uint32_t i = 0; i < device.count(); i++) Scan(device.copy(i), random);
}

void Pause(Random& random) {
  timespec pause{0, static_cast<long>(random.Below(kLongestPause))};
  nanosleep(&pause, nullptr);
}

void Run(Background& background) {
  Random random(0);
  for (;;) {
    for (const auto& device : InUse(background)) {
      random = Random(random.Next() ^ device->seed());
      Burst(*device, random);
    }
    Pause(random);
  }
}

}  // namespace

void Step(Device& device, Random& random, const Copy* own) {
  if (random.OneIn(kRefresh)) device.Refresh();
  if (random.OneIn(kEpoch)) device.BeginEpoch(random.Next());
  uint32_t count = device.count();
  if (count == 0) return;
  for (uint64_t moves = random.Below(4); moves > 0; moves--) {
    Copy& copy = device.copy(static_cast<uint32_t>(random.Below(count)));
    // In words a fetched line would be torn for the host's threads: there only they fetch, at their own calls.
    MoveLine(copy, PickLine(copy, random), random, MovesWholeLines() || &copy == own);
  }
}

void RunInBackground(const std::shared_ptr<Device>& device) {
  Background& background = Get();
  std::lock_guard lock(background.mutex);
  background.devices.push_back(device);
  background.news.notify_one();
  if (background.started) return;
  background.started = true;
  StartThread("famfs-simulated", [&background] { Run(background); }).detach();
}

}  // namespace famfs::simulated::scheduler

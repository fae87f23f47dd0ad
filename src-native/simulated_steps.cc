#include "simulated_steps.h"

#include <atomic>
#include <utility>

#include "simulated_layout.h"

namespace famfs::simulated::steps {
namespace {

constexpr uint64_t kNone = UINT64_MAX;
constexpr uint32_t kEverySite = UINT32_MAX;

std::atomic<uint64_t> left_out{kNone};
// A bit for each step, by site.
std::atomic<uint32_t> seen[kMaxSites];
static_assert(kSteps <= 32, "one bit a step");

uint64_t Pack(uint32_t site, uint32_t step) { return static_cast<uint64_t>(site) << 8 | step; }

bool IsLeftOut(uint32_t site, uint32_t step) {
  uint64_t packed = left_out.load(std::memory_order_relaxed);
  return packed == Pack(site, step) || packed == Pack(kEverySite, step);
}

struct Hook {
  std::function<void()> action;
  bool running = false;
};

thread_local Hook hook;

}  // namespace

bool Enter(uint32_t site, Step step) {
  auto number = static_cast<uint32_t>(step);
  if (site < kMaxSites) seen[site].fetch_or(1u << number, std::memory_order_relaxed);
  return !IsLeftOut(site, number);
}

bool LeaveOut(const std::string& name) {
  left_out.store(kNone, std::memory_order_relaxed);
  if (name.empty()) return true;
  size_t slash = name.rfind('/');
  if (slash == std::string::npos) return false;
  std::string place = name.substr(0, slash);
  uint32_t site = place == "*" ? kEverySite : site::NumberOf(place);
  for (uint32_t step = 0; step < kSteps; step++) {
    if (name.compare(slash + 1, std::string::npos, StepName(static_cast<Step>(step))) != 0) continue;
    left_out.store(Pack(site, step), std::memory_order_relaxed);
    return true;
  }
  return false;
}

std::vector<std::string> TakeSeen() {
  std::vector<std::string> names;
  for (uint32_t site = 0; site < kMaxSites; site++) {
    uint32_t bits = seen[site].exchange(0, std::memory_order_relaxed);
    for (uint32_t step = 0; step < kSteps; step++) {
      if ((bits >> step & 1) != 0) names.push_back(site::NameOf(site) + "/" + StepName(static_cast<Step>(step)));
    }
  }
  return names;
}

void Interleave(std::function<void()> action) { hook.action = std::move(action); }

void Between() {
  if (!hook.action || hook.running) return;
  struct Running {
    Running() { hook.running = true; }
    ~Running() { hook.running = false; }
  } running;
  // The action may replace itself.
  auto action = hook.action;
  action();
}

}  // namespace famfs::simulated::steps

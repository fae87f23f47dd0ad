#include "simulated_device.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "simulated_scheduler.h"
#include "site.h"

namespace famfs::simulated {
namespace {

struct Registry {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<Device>> devices;
};

// Never destroyed: threads may ask while the process exits.
Registry& Get() {
  static auto& registry = *new Registry;
  return registry;
}

std::string SharedPath(const Settings& settings) { return settings.folder + "/" + settings.name + ".shared"; }

std::string HostPath(const Settings& settings, uint32_t host) {
  return settings.folder + "/" + settings.name + ".host-" + std::to_string(host);
}

uint64_t SharedSize(const Settings& settings) {
  return sizeof(SharedHeader) + (settings.size + kLineSize - 1) / kLineSize * sizeof(DeviceLine);
}

std::shared_ptr<Device> Find(const Settings& settings) {
  Registry& registry = Get();
  std::lock_guard lock(registry.mutex);
  std::weak_ptr<Device>& known = registry.devices[SharedPath(settings)];
  std::shared_ptr<Device> device = known.lock();
  if (device == nullptr) {
    for (auto at = registry.devices.begin(); at != registry.devices.end();) {
      at = at->second.expired() && at->first != SharedPath(settings) ? registry.devices.erase(at) : std::next(at);
    }
    device = std::make_shared<Device>(settings);
    registry.devices[SharedPath(settings)] = device;
    if (device->background()) scheduler::RunInBackground(device);
  }
  return device;
}

}  // namespace

std::shared_ptr<Copy> Device::Open(const Settings& settings) {
  std::shared_ptr<Device> device = Find(settings);
  std::lock_guard lock(device->mutex_);
  Copy* copy = device->FindHost(settings.host);
  if (copy == nullptr) copy = &device->OpenCopy(settings.host);
  return std::shared_ptr<Copy>(device, copy);
}

Device::Device(const Settings& settings)
    : settings_(settings), data_file_(settings.device, 0), shared_file_(SharedPath(settings), SharedSize(settings)) {
  data_ = reinterpret_cast<Line*>(data_file_.base());
  header_ = reinterpret_cast<SharedHeader*>(shared_file_.base());
  lines_ = reinterpret_cast<DeviceLine*>(shared_file_.base() + sizeof(SharedHeader));
  Prepare();
  BeginEpoch(Random(header_->seed).Next());
}

void Device::Prepare() {
  FileLock lock(shared_file_.fd());
  if (header_->ready == kReady) {
    if (header_->size != settings_.size) throw SystemFailure{ESTALE, "fstat"};
    return;
  }
  for (Stripe& stripe : header_->stripes) InitStripe(stripe);
  began_.store(true, std::memory_order_relaxed);
  header_->size = settings_.size;
  header_->seed = settings_.seed;
  header_->background = settings_.background ? 1 : 0;
  // 0 in a line means that it was not stored yet.
  header_->clock.store(1, std::memory_order_relaxed);
  header_->sites.store(1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  header_->ready = kReady;
}

// A 64-byte store needs no lock. In words it would be torn for others, and for ever if its thread was killed.
Line Device::Load(uint64_t index) {
  if (MovesWholeLines()) return Snapshot(data_[index]);
  StripeLock lock(header_->stripes[index % kStripes], true);
  Redo(lock, header_->stripes[index % kStripes]);
  return Snapshot(data_[index]);
}

void Device::PutWords(uint64_t index, const Line& value) {
  Stripe& stripe = header_->stripes[index % kStripes];
  StripeLock lock(stripe, true);
  Redo(lock, stripe);
  stripe.redo = value;
  AtWork at_work(stripe, index, Work::kStore);
  Halfway();
  Put(data_[index], value);
}

void Device::Redo(const StripeLock& lock, Stripe& stripe) {
  uint64_t at_work = stripe.at_work.load(std::memory_order_seq_cst);
  uint64_t index = (at_work >> 1) - 1;
  if (!lock.inherited() || index >= lines()) return;
  Put(data_[index], stripe.redo);
  stripe.at_work.store(0, std::memory_order_seq_cst);
}

// The clock moves on before and after: who reads it after the store knows that what was fetched before is older, and
// who read it before knows that the previous bytes were still there.
void Device::Store(uint64_t index, const Line& value, uint32_t host) {
  DeviceLine& line = lines_[index];
  line.time.store(0, std::memory_order_seq_cst);
  Put(line.previous, Load(index));
  line.writer.store(host + 1, std::memory_order_relaxed);
  line.time.store(header_->clock.fetch_add(1, std::memory_order_seq_cst) + 1, std::memory_order_seq_cst);
  if (MovesWholeLines()) {
    Put(data_[index], value);
  } else {
    PutWords(index, value);
  }
  header_->clock.fetch_add(1, std::memory_order_seq_cst);
}

Line Device::LoadEarlier(uint64_t index, uint64_t time) {
  DeviceLine& line = lines_[index];
  uint64_t stored = line.time.load(std::memory_order_seq_cst);
  Line previous = Snapshot(line.previous);
  bool whole = line.time.load(std::memory_order_seq_cst) == stored;
  return whole && stored > time ? previous : Load(index);
}

Copy* Device::FindHost(uint32_t host) {
  for (uint32_t i = 0; i < count(); i++) {
    if (copies_[i]->host() == host) return copies_[i].get();
  }
  return nullptr;
}

Copy& Device::OpenCopy(uint32_t host) {
  uint32_t index = count_.load(std::memory_order_relaxed);
  copies_[index] = std::make_unique<Copy>(*this, HostPath(settings_, host), host);
  header_->hosts[host / 64].fetch_or(1ull << (host % 64), std::memory_order_release);
  count_.store(index + 1, std::memory_order_release);
  return *copies_[index];
}

void Device::Refresh() {
  for (uint32_t host = 0; host < kMaxHosts; host++) {
    uint64_t word = header_->hosts[host / 64].load(std::memory_order_acquire);
    if (word == 0) host |= 63;
    if ((word >> (host % 64) & 1) == 0 || FindHost(host) != nullptr) continue;
    std::lock_guard lock(mutex_);
    try {
      if (FindHost(host) == nullptr) OpenCopy(host);
    } catch (const SystemFailure&) {
      // The instance is being removed, or no descriptor is left: its own processes go on with it.
      return;
    }
  }
}

uint16_t Device::SharedSite(uint32_t number) {
  if (number == 0 || number >= kMaxSites) return 0;
  uint16_t shared = shared_sites_[number].load(std::memory_order_relaxed);
  if (shared != 0) return shared;
  std::lock_guard lock(mutex_);
  shared = AddSite(site::NameOf(number));
  shared_sites_[number].store(shared, std::memory_order_relaxed);
  return shared;
}

std::string Device::SiteOf(uint32_t host, uint64_t index) {
  Copy* copy = FindHost(host);
  uint16_t site = copy == nullptr ? 0 : copy->line(index).site.load(std::memory_order_relaxed);
  constexpr size_t kLength = sizeof header_->site_names[0];
  return site < kMaxSites ? std::string(header_->site_names[site], strnlen(header_->site_names[site], kLength)) : "";
}

uint16_t Device::AddSite(const std::string& name) {
  constexpr size_t kLength = sizeof header_->site_names[0];
  uint32_t known = std::min(header_->sites.load(std::memory_order_acquire), kMaxSites);
  for (uint32_t i = 1; i < known; i++) {
    if (strncmp(header_->site_names[i], name.c_str(), kLength - 1) == 0) return static_cast<uint16_t>(i);
  }
  uint32_t index = header_->sites.fetch_add(1, std::memory_order_acq_rel);
  if (index >= kMaxSites) return 0;
  strncpy(header_->site_names[index], name.c_str(), kLength - 1);
  return static_cast<uint16_t>(index);
}

}  // namespace famfs::simulated

#include "simulated_copy.h"

#include "region.h"
#include "simulated_detector.h"
#include "simulated_device.h"

namespace famfs::simulated {
namespace {

uint64_t RoundUpToPage(uint64_t size) { return (size + PageSize() - 1) / PageSize() * PageSize(); }

uint64_t DataSize(Device& device) { return RoundUpToPage(device.size()); }

uint64_t FileSize(Device& device) {
  return 2 * DataSize(device) + RoundUpToPage(device.lines() * sizeof(CopyLine)) + sizeof(CopyHeader);
}

}  // namespace

Held::Held(Copy& copy, uint64_t index, bool wait)
    : stripe_(copy.header_->stripes[index % kStripes]), lock_(stripe_, wait) {
  if (lock_.inherited()) copy.Repair(stripe_);
}

// The bytes stand first, so that a mapping of the host's file has the offsets of the shared one.
Copy::Copy(Device& device, const std::string& path, uint32_t host)
    : device_(device), host_(host), file_(path, FileSize(device)) {
  uint8_t* base = file_.base();
  uint64_t size = DataSize(device);
  data_ = reinterpret_cast<Line*>(base);
  twin_ = reinterpret_cast<Line*>(base + size);
  lines_ = reinterpret_cast<CopyLine*>(base + 2 * size);
  header_ = reinterpret_cast<CopyHeader*>(base + 2 * size + RoundUpToPage(device.lines() * sizeof(CopyLine)));
  FileLock lock(file_.fd());
  if (header_->ready != kReady) Populate();
}

// A host's caches may hold any line from the start, as it was on the device.
void Copy::Populate() {
  for (Stripe& stripe : header_->stripes) InitStripe(stripe);
  for (uint64_t i = 0; i < device_.lines(); i++) {
    lines_[i].fetched = device_.Now();
    lines_[i].absent = 1;
    twin_[i] = device_.Load(i);
    data_[i] = twin_[i];
  }
  std::atomic_thread_fence(std::memory_order_release);
  header_->ready = kReady;
}

// A holder died between two stores: the line would look dirty although nobody stored to it, and what that one fetched
// or wrote back would be written over something newer. After a fetch, done again, it is clean; during a write-back
// there may have been stores to it, so only the twin follows the device.
void Copy::Repair(Stripe& stripe) {
  uint64_t at_work = stripe.at_work.load(std::memory_order_seq_cst);
  uint64_t index = (at_work >> 1) - 1;
  if (index >= device_.lines()) return;
  lines_[index].fetched.store(device_.Now(), std::memory_order_relaxed);
  Line now = device_.Load(index);
  if (static_cast<Work>(at_work & 1) == Work::kFetch) Put(data_[index], now);
  twin_[index] = now;
  stripe.at_work.store(0, std::memory_order_seq_cst);
}

bool Copy::WriteBack(uint64_t index, bool wait) {
  Held held(*this, index, wait);
  if (held) WriteBackHeld(index, held.stripe());
  return static_cast<bool>(held);
}

void Copy::Invalidate(uint64_t index) {
  Held held(*this, index, true);
  WriteBackHeld(index, held.stripe());
  lines_[index].absent.store(1, std::memory_order_relaxed);
  uint64_t now = device_.Now();
  FetchHeld(index, held.stripe(), device_.Load(index));
  lines_[index].fetched.store(now, std::memory_order_relaxed);
}

void Copy::InvalidateEarlier(uint64_t index, uint64_t time) {
  Held held(*this, index, true);
  WriteBackHeld(index, held.stripe());
  // It may have been fetched since: then it stays, and is not older than what `time` had.
  if (lines_[index].fetched.load(std::memory_order_relaxed) >= time) return;
  lines_[index].absent.store(1, std::memory_order_relaxed);
  FetchHeld(index, held.stripe(), device_.LoadEarlier(index, time));
  lines_[index].fetched.store(time, std::memory_order_relaxed);
}

void Copy::Prefetch(uint64_t index) {
  Held held(*this, index, false);
  if (!held || Snapshot(data_[index]) != twin_[index]) return;
  uint64_t now = device_.Now();
  FetchHeld(index, held.stripe(), device_.Load(index));
  lines_[index].fetched.store(now, std::memory_order_relaxed);
}

bool Copy::IsDirty(uint64_t index) {
  Held held(*this, index, false);
  return held && Snapshot(data_[index]) != twin_[index];
}

void Copy::Touch(uint64_t index) {
  uint32_t at = header_->hot_next.fetch_add(1, std::memory_order_relaxed) % kHotLines;
  header_->hot[at].store(index, std::memory_order_relaxed);
}

void Copy::WriteBackHeld(uint64_t index, Stripe& stripe) {
  Line now = Snapshot(data_[index]);
  if (now == twin_[index]) return;
  detector::BeforeStore(*this, index, now, twin_[index]);
  AtWork at_work(stripe, index, Work::kStore);
  device_.Store(index, now, host_);
  Halfway();
  twin_[index] = now;
  lines_[index].fetched.store(device_.Now(), std::memory_order_relaxed);
}

// Stores nothing where the device has what the twin has: by R1 always so in lines that this host stores to, and then a
// store of its threads cannot be lost here.
void Copy::FetchHeld(uint64_t index, Stripe& stripe, const Line& from) {
  if (from == twin_[index]) return;
  AtWork at_work(stripe, index, Work::kFetch);
  Put(data_[index], from);
  Halfway();
  twin_[index] = from;
}

}  // namespace famfs::simulated

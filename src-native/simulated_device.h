#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "simulated_copy.h"
#include "simulated_file.h"
#include "simulated_layout.h"
#include "simulated_random.h"

namespace famfs::simulated {

// What an opener asks for. The first one of a file settles seed and background for all.
struct Settings {
  std::string device;  // a path of the shared file
  std::string folder;  // of the copies
  std::string name;    // what the copies' names begin with
  uint64_t size;
  uint32_t host;
  uint64_t seed;
  bool background;
};

// The memory that the simulated hosts share: the real file, what is kept about its lines, and all hosts' copies as far
// as this process knows them. One object a process and file.
class Device : public std::enable_shared_from_this<Device> {
 public:
  // The copy of a host; it lives as long as anybody holds it. Throws SystemFailure.
  static std::shared_ptr<Copy> Open(const Settings& settings);

  explicit Device(const Settings& settings);

  uint64_t size() const { return header_->size; }
  uint64_t lines() const { return (size() + kLineSize - 1) / kLineSize; }
  uint64_t seed() const { return header_->seed; }
  // True once, in the process that began the simulation of this file.
  bool TakeBegan() { return began_.exchange(false, std::memory_order_relaxed); }
  bool background() const { return header_->background != 0; }
  SharedHeader& header() { return *header_; }
  DeviceLine& line(uint64_t index) { return lines_[index]; }

  uint64_t Now() const { return header_->clock.load(std::memory_order_seq_cst); }
  Line Load(uint64_t index);
  // What the line held at some moment since `time`, and no later than now.
  Line LoadEarlier(uint64_t index, uint64_t time);
  void Store(uint64_t index, const Line& value, uint32_t host);

  // The copies that this process knows; hosts that appeared meanwhile are looked for by Refresh.
  uint32_t count() const { return count_.load(std::memory_order_acquire); }
  Copy& copy(uint32_t index) { return *copies_[index]; }
  Copy* FindHost(uint32_t host);
  void Refresh();

  // Chance is not fair: for a while about half of the lines are left alone by all but the calls that name them, so that
  // what was stored last may reach memory first, by far.
  bool IsSpared(uint64_t index) const {
    return (Random(epoch_.load(std::memory_order_relaxed) ^ index).Next() & 1) != 0;
  }
  void BeginEpoch(uint64_t epoch) { epoch_.store(epoch, std::memory_order_relaxed); }

  // The number of a thread among those that use the device in this process, from 0.
  uint32_t NumberThread() { return threads_.fetch_add(1, std::memory_order_relaxed); }
  // The index of a site's name in the shared header; 0 is the one without a name.
  uint16_t SharedSite(uint32_t number);
  // The name of the site that wrote a line back or invalidated it last on a host.
  std::string SiteOf(uint32_t host, uint64_t index);

 private:
  void Prepare();
  Copy& OpenCopy(uint32_t host);
  uint16_t AddSite(const std::string& name);
  void PutWords(uint64_t index, const Line& value);
  void Redo(const StripeLock& lock, Stripe& stripe);

  const Settings settings_;
  MappedFile data_file_;
  MappedFile shared_file_;
  Line* data_;
  SharedHeader* header_;
  DeviceLine* lines_;
  std::atomic<bool> began_{false};
  std::mutex mutex_;
  std::array<std::unique_ptr<Copy>, kMaxHosts> copies_;
  std::atomic<uint32_t> count_{0};
  std::atomic<uint32_t> threads_{0};
  std::atomic<uint64_t> epoch_{0};
  std::array<std::atomic<uint16_t>, kMaxSites> shared_sites_{};
};

}  // namespace famfs::simulated

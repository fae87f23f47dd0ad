#pragma once

#include <string>

#include "simulated_file.h"
#include "simulated_layout.h"

namespace famfs::simulated {

class Device;

// What one simulated host has in its caches: the bytes that its processes map, the twin (each line as it was when it
// was last moved from or to the device), and what is known of each line. A line that differs from its twin is dirty.
class Copy {
 public:
  Copy(Device& device, const std::string& path, uint32_t host);

  Device& device() { return device_; }
  uint32_t host() const { return host_; }
  int fd() const { return file_.fd(); }
  CopyLine& line(uint64_t index) { return lines_[index]; }
  CopyHeader& header() { return *header_; }

  // `wait` false: does nothing, and says so, where another process is at the line.
  bool WriteBack(uint64_t index, bool wait);
  // Writes a dirty line back first, then fetches what the device has now.
  void Invalidate(uint64_t index);
  // The same for an invalidate that may have taken effect at any moment since `time`.
  void InvalidateEarlier(uint64_t index, uint64_t time);
  // A prefetch; leaves dirty lines alone.
  void Prefetch(uint64_t index);
  // False also where another process is at the line.
  bool IsDirty(uint64_t index);

  // Random transfers look at lines of interest first.
  void Touch(uint64_t index);

 private:
  friend class Held;
  void Populate();
  void Repair(Stripe& stripe);
  void WriteBackHeld(uint64_t index, Stripe& stripe);
  void FetchHeld(uint64_t index, Stripe& stripe, const Line& from);

  Device& device_;
  const uint32_t host_;
  MappedFile file_;
  Line* data_;
  Line* twin_;
  CopyLine* lines_;
  CopyHeader* header_;
};

// Holds the stripe of a line of a copy, repaired where its last holder died.
class Held {
 public:
  // `wait` false: not where somebody else is at the line.
  Held(Copy& copy, uint64_t index, bool wait);
  explicit operator bool() const { return lock_.held(); }
  Stripe& stripe() { return stripe_; }

 private:
  Stripe& stripe_;
  StripeLock lock_;
};

}  // namespace famfs::simulated

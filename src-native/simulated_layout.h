#pragma once

#include <atomic>
#include <cstdint>

#include "simulated_line.h"
#include "simulated_stripe.h"

// What the files of a simulation hold. One "shared" file a simulated file, and one "host" file for each simulated host
// of it; both are made anew with each version of this page.
namespace famfs::simulated {

constexpr uint64_t kReady = 0x3130'6d69'7366'6d61u;  // the last digits are the version of the layout
constexpr uint32_t kMaxHosts = 256;
constexpr uint32_t kMaxSites = 1024;
constexpr uint32_t kMaxReports = 256;
constexpr uint32_t kStripes = 256;
constexpr uint32_t kHotLines = 32;

enum class Rule : uint32_t { kTwoWriters = 1, kReaderStored = 2 };

// A breach of a rule, reported once a line.
struct Report {
  std::atomic<uint32_t> complete;
  Rule rule;
  uint32_t host;
  uint32_t other;
  uint64_t offset;
};

// One line of the device, for all hosts.
struct DeviceLine {
  // The clock at its last store, and what it held before; 0 while that is being written.
  std::atomic<uint64_t> time;
  // The host that stored it last, plus 1.
  std::atomic<uint32_t> writer;
  // A bit for each rule that was reported.
  std::atomic<uint32_t> reported;
  Line previous;
};

struct SharedHeader {
  uint64_t ready;
  uint64_t size;
  uint64_t seed;
  uint64_t background;
  // Moved on before and after each store to the device.
  std::atomic<uint64_t> clock;
  // A bit for each host that has a file.
  std::atomic<uint64_t> hosts[kMaxHosts / 64];
  std::atomic<uint32_t> sites;
  std::atomic<uint32_t> reports;
  char site_names[kMaxSites][64];
  Report report[kMaxReports];
  // Used only where a line is not stored at once.
  Stripe stripes[kStripes];
};

// One line in a host's caches.
struct CopyLine {
  // The clock when it was fetched.
  std::atomic<uint64_t> fetched;
  // Who wrote it back or invalidated it last, as an index of site_names.
  std::atomic<uint16_t> site;
  // Invalidated or never read: it may be fetched at any moment.
  std::atomic<uint8_t> absent;
  // Invalidated last in order to be read (R3), not to be taken over (R1).
  std::atomic<uint8_t> reader;
};

struct CopyHeader {
  uint64_t ready;
  // Lines that were of interest lately: where random transfers look first.
  std::atomic<uint32_t> hot_next;
  std::atomic<uint64_t> hot[kHotLines];
  Stripe stripes[kStripes];
};

}  // namespace famfs::simulated

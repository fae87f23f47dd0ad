#pragma once

#include <cstddef>
#include <cstdint>

// The CPU's cache maintenance: cache_x86.cc or cache_arm64.cc. Which instructions, is settled once a process.
namespace famfs::cache {

struct Support {
  // What the CPU has, best first, ended by null.
  const char* const* available;
  // What FAMFS_WRITEBACK asks for; null where it is not set.
  const char* forced;
  // What is used; null where nothing can be (then nothing below may be called).
  const char* write_back;
  const char* invalidate;
  uint32_t line_size;
};

const Support& GetSupport();

// Starts writing back each line that has a byte of the range; the lines may stay cached. Complete only after a fence.
void WriteBack(const uint8_t* at, size_t length);

// Drops each line that has a byte of the range from this host's caches, a dirty one after writing it back. Ordered
// only by the caller's full fences on both sides.
void Invalidate(const uint8_t* at, size_t length);

// Later stores come after earlier stores and write-backs.
void StoreFence();

// Later loads and stores come after earlier loads, stores, write-backs and invalidates.
void FullFence();

// For loops that wait for another CPU.
void Pause();

}  // namespace famfs::cache

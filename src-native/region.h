#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <utility>

#include "file.h"
#include "region_table.h"

namespace famfs {

class Environment;
struct Exposure;

struct MapRequest {
  uint64_t offset;
  uint64_t length;
  bool writable;
  uint32_t granule;  // page size, or what a device demands
};

// The smallest run of whole pages around everything that was added.
struct PageRange {
  uint64_t begin = UINT64_MAX;
  uint64_t end = 0;

  bool empty() const { return begin >= end; }
  void Add(uint64_t offset, uint64_t length);
};

// One mmap of a file. Its life has two ends. It is *let go* when it is closed and no native work is at it (pins): then
// anonymous memory takes the file's place, so that code still holding an address into it does not fault. It is
// *unmapped* when, besides, no ArrayBuffer made of it can be in use by anyone (holds).
class Region {
 public:
  // Null where there are too many (errno ENOSPC) or mmap failed (its errno); offset and length are page multiples or
  // the end of the file.
  static Region* Map(Environment* owner, std::shared_ptr<File> file, const MapRequest& request);

  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

  Environment* owner() const { return owner_; }
  uint32_t slot() const { return slot_; }
  uint8_t* base() const { return base_; }
  uint64_t length() const { return length_; }
  bool closed() const { return closed_.load(std::memory_order_acquire); }
  std::list<Exposure*>& exposures() { return exposures_; }

  // Native work on this part on another thread; only taken on the owner's thread while the region is open.
  std::shared_ptr<void> Pin(uint64_t offset, uint64_t length);
  // An ArrayBuffer over this part exists.
  void Hold(uint64_t offset, uint64_t length);
  // True when the region was forgotten and this was its last ArrayBuffer: it is to be closed now.
  bool Release();
  // JavaScript has lost its mapping. True when no ArrayBuffer is left either: it is to be closed now.
  bool Forget();

  // True once: the caller tells of the fault.
  bool TellFault() { return !std::exchange(fault_told_, true); }

  // Closes. True when it was unmapped at once, nothing having touched it; otherwise `released` runs on the background
  // thread when the file is let go. The region is not to be used afterwards.
  bool Close(std::function<void()> released);

 private:
  Region(Environment* owner, std::shared_ptr<File> file, uint32_t slot, uint8_t* base, uint64_t length);
  ~Region() = default;

  void Unpin();
  void LetGo();
  void KeepOnlyExposed();

  Environment* const owner_;
  std::shared_ptr<File> file_;
  const uint32_t slot_;
  uint8_t* base_;
  uint64_t length_;  // whole pages
  std::atomic<bool> closed_{false};
  std::atomic<uint32_t> pins_{1};   // the open mapping itself, and each native work
  std::atomic<uint32_t> holds_{1};  // being not yet let go, and each ArrayBuffer
  bool forgotten_ = false;
  bool fault_told_ = false;
  PageRange touched_;  // what may have page tables
  PageRange exposed_;  // what had ArrayBuffers
  std::list<Exposure*> exposures_;
  std::function<void()> released_;
};

uint64_t PageSize();

}  // namespace famfs

#pragma once

#include <memory>
#include <vector>

#include "simulated_copy.h"
#include "simulated_random.h"

namespace famfs::simulated {

class Device;

// One thread as its host sees it: write-backs and invalidates that have not taken effect yet, and when its last full
// fence was. Used on its own thread only.
class Cpu {
 public:
  // That of the calling thread on this host. Both live until the thread ends or the copy is gone.
  static Cpu& Of(const std::shared_ptr<Copy>& copy);
  // A fence that knows no mapping orders what the thread did on all hosts.
  static void StoreFenceAll();
  static void FullFenceAll();

  Cpu(const std::shared_ptr<Copy>& copy, uint32_t thread);

  // A moment passes: what is pending may take effect, and lines move.
  void Moment();
  void WriteBack(uint64_t index);
  void Invalidate(uint64_t index, bool to_read);
  // Completes write-backs; an invalidate stays pending, because later loads may pass it.
  void StoreFence();
  void FullFence();
  // One of what is pending takes effect; false where nothing was.
  bool CompleteOne();

  size_t pending() const { return pending_.size(); }

 private:
  struct Pending {
    uint64_t index;
    bool invalidate;
  };
  void Complete(size_t at);

  const std::weak_ptr<Copy> alive_;
  Copy& copy_;
  Random random_;
  uint64_t fenced_;
  std::vector<Pending> pending_;
};

}  // namespace famfs::simulated

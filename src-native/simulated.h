#pragma once

#include <cstdint>
#include <memory>

#include "simulated_copy.h"

namespace famfs::simulated {

// Where a mapping lies in its host's copy.
struct Binding {
  std::shared_ptr<Copy> copy;
  uintptr_t begin;
  uint64_t offset;
};

// Mappings of a copy, by slot.
void Bind(uint32_t slot, Binding binding);
void Unbind(uint32_t slot);

// The copy that a mapping is of; null where it is of none.
std::shared_ptr<const Binding> Find(uint32_t slot);

// Fences that know no mapping.
void StoreFence(uint32_t site);
void FullFence(uint32_t site);

}  // namespace famfs::simulated

#pragma once

// The kernel allows a process so many entries in its table of mappings (vm.max_map_count). Containing a fault may need
// two more; some are kept in reserve, so that a process at its limit survives a fault too.
namespace famfs::map_entries {

// Takes the reserve where there is none. Not from a signal handler.
void Reserve();
// Gives it back to the kernel. Async-signal-safe.
void Spend();

}  // namespace famfs::map_entries

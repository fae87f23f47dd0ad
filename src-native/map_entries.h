#pragma once

// The kernel allows a process so many entries in its table of mappings (vm.max_map_count), and beyond it refuses every
// allocation. Some are kept in reserve and given back at the limit, so that the process lives on: containing a fault
// takes entries, and so does everybody else's memory.
namespace famfs::map_entries {

// Takes the reserve where there is none; false where the kernel refuses. Not from a signal handler.
bool Reserve();
// Gives it back to the kernel. Async-signal-safe.
void Spend();

}  // namespace famfs::map_entries

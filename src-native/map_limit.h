#pragma once

// The kernel limits how many ranges a process maps (vm.max_map_count). V8 takes ranges of its own at any moment, and
// ends the process when it gets none; so the mappings of famfs take three quarters of them at most.
namespace famfs::map_limit {

// Counts one more mapping; false where that would be too many.
bool Take();
// It was unmapped.
void Give();

}  // namespace famfs::map_limit

#pragma once

namespace famfs {

// The kernel allows a process so many mappings, and the engine needs some of them at any moment: where it gets none it
// ends the process. So a part of them is left to the engine.
namespace map_budget {

// Takes one mapping of those that are left to us; false where none is.
bool Take();

}  // namespace map_budget
}  // namespace famfs

#pragma once

#include <functional>

namespace famfs::background {

// Runs a task on the one background thread of the process, which lets closed mappings go. Starts it at first use.
void Run(std::function<void()> task);

}  // namespace famfs::background

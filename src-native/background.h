#pragma once

#include <functional>
#include <memory>

namespace famfs {

class Loop;

namespace background {

// Runs a task on the one background thread of the process, which lets closed mappings go and passes on the news of
// faults. Starts it at first use.
void Run(std::function<void()> task);

// Starts the thread, so that a signal handler finds it running.
void Prepare();
// From a signal handler: some mapping has failed. Every loop that was added is told to look at its mappings.
void FaultNews();
void AddLoop(std::weak_ptr<Loop> loop);

}  // namespace background
}  // namespace famfs

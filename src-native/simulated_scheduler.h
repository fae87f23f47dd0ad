#pragma once

#include <memory>

#include "simulated_device.h"
#include "simulated_random.h"

// What happens at any moment without anybody asking for it: evictions, prefetches, drops.
namespace famfs::simulated::scheduler {

// Moves a few lines, of any host, or none. `own` is the copy of the calling thread's host, if it has one.
void Step(Device& device, Random& random, const Copy* own);

// Lets the process's background thread do so now and then, for as long as the device is in use.
void RunInBackground(const std::shared_ptr<Device>& device);

}  // namespace famfs::simulated::scheduler

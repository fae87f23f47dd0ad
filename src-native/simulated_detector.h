#pragma once

#include "simulated_copy.h"

// Finds breaches of the rules about who stores to a line. Only stores that change bytes can be seen.
namespace famfs::simulated::detector {

// Before a dirty line of `copy` goes to the device: `now` is what it holds, `twin` what it was.
void BeforeStore(Copy& copy, uint64_t index, const Line& now, const Line& twin);

}  // namespace famfs::simulated::detector

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "site.h"

// What tests do to the steps that run on simulated memory of this process: look which there were, leave one out, act
// between them.
namespace famfs::simulated::steps {

// Notes that the step runs; false where it is to be left out.
bool Enter(uint32_t site, Step step);

// Steps of this name are left out from now on: "queue.tail/publish.word", or "*/publish.word" of all sites. An empty
// name leaves out none. False where there is no such step.
bool LeaveOut(const std::string& name);
// The names of the steps that ran, and forgets them.
std::vector<std::string> TakeSeen();

// Called on this thread between steps, but not while it runs.
void Interleave(std::function<void()> action);
void Between();

}  // namespace famfs::simulated::steps

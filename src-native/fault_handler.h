#pragma once

#include <signal.h>

#include <cstdint>

// The part of the fault guard that runs inside of a signal handler: async-signal-safe calls only, no lock, no memory.
namespace famfs::fault_handler {

// True when the fault lay in one of our mappings and the access can be tried again.
bool Contain(int signal, const siginfo_t* info, void* context);

// Fails every mapping of a famfs, wherever it is mapped in this process: its memory is suspect.
void FailDevice(uint32_t device);

}  // namespace famfs::fault_handler

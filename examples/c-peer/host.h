#pragma once

#include "segment.h"

/* Makes a host index this machine's, or finds that it is; the caller keeps other processes of this host out. */
failure take_host(const struct segment *segment, uint32_t host, uint32_t interval, uint32_t *boot_count);

void sleep_ms(uint32_t milliseconds);

#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The CPU's instructions that move cache lines: of x86-64. */

bool lines_supported(void);
void lines_write_back(const void *at, size_t length);
void lines_invalidate(const void *at, size_t length);
void lines_store_fence(void);
void lines_full_fence(void);

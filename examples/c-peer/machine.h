#pragma once

#include <sys/stat.h>

#include "segment.h"

/* Of the file that was asked about. */
failure find_node(struct node *node, const struct stat *stat);

/* 16 bytes each; a machine without an id has zeros. */
failure read_boot_id(uint8_t *id);
void read_machine_id(uint8_t *id);

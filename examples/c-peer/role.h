#pragma once

#include "peer.h"

/* Roles, which one participant of a host has at a time; `word` is the offset of the role's word. */
failure role_take(const struct peer *peer, uint64_t word, uint32_t host);
void role_give_back(const struct peer *peer, uint64_t word);

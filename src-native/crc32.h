#pragma once

#include <cstddef>
#include <cstdint>

namespace famfs {

// The CRC-32 of zlib, gzip and Ethernet, by the CPU's own instructions where it has them. `length` is a multiple of 8;
// `before` is the sum of what comes before these bytes.
uint32_t Crc32(const uint8_t* at, size_t length, uint32_t before = 0);

}  // namespace famfs

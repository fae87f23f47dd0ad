#pragma once

#include <stdint.h>

/* The tables of docs/format/segment.md, as structs. CRCs are of all bytes before them. */

#define LINE_OF_ONE_WRITER 128
#define MOST_VALUE ((UINT64_C(1) << 53) - 1)
#define MOST_PARTICIPANTS 256

static inline uint64_t round_up(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

enum { HEADER_WORD = 0, HEADER_RECORD = 128, HOSTS_AT = 4096 };

struct header {
  char magic[8];
  uint32_t version, compatible, incompatible, coherence, line_size, writer_spacing;
  uint64_t byte_size;
  uint32_t hosts, per_host, entries, place_kind;
  uint64_t epoch;
  uint8_t place_uuid[16];
  uint64_t place_sequence;
  uint32_t place_path_length, unused;
  char place_path[256];
  uint8_t rest[28];
  uint32_t crc;
};
_Static_assert(sizeof(struct header) == 384, "header record");

enum { COHERENT = 1, INCOHERENT = 2 };
enum { PLACE_ZEROED = 0, PLACE_FAMFS = 1, PLACE_DEVICE = 2 };

/* From the start of a host's block. */
enum { HOST_CLAIM = 0, HOST_RECORD_WORD = 128, HOST_RECORD = 256, HOST_PARTICIPANTS = 384 };

struct host_record {
  uint8_t boot_id[16], machine_id[16];
  uint32_t boot_count;
  uint8_t rest[88];
  uint32_t crc;
};
_Static_assert(sizeof(struct host_record) == 128, "host record");

/* From the start of a participant's block. */
enum { CLAIM = 0, IDENTITY_WORD = 128, IDENTITY = 256, HEARTBEAT = 512, BAKERY = 640, REVOCATIONS = 768 };

struct identity {
  uint32_t incarnation, boot_count, pid, thread;
  uint8_t boot_id[16];
  uint64_t device, inode;
  uint32_t lease, interval;
  uint64_t joined_at;
  uint32_t name_length, unused;
  char name[64];
  uint8_t rest[116];
  uint32_t crc;
};
_Static_assert(sizeof(struct identity) == 256, "identity");

/* From the start of a host's part of the directory, and from the start of an entry. */
enum { PART_USED = 0, PART_ENTRIES = 128, ENTRY_SIZE = 512, ENTRY_WORD = 0, ENTRY_RECORD = 128 };
enum { ENTRY_READY = 4 };

struct entry {
  uint64_t ticket;
  uint32_t participant, incarnation;
  uint64_t offset, length, capacity;
  uint32_t version, schema_length, schema_crc, name_length, kind_length, unused;
  uint64_t fingerprint;
  char kind[24];
  uint8_t options[64];
  char name[96];
  uint8_t rest[124];
  uint32_t crc;
};
_Static_assert(sizeof(struct entry) == 384, "entry record");

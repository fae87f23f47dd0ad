#include "segment.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "crc32c.h"
#include "lines.h"
#include "machine.h"

static const int TRIES = 100;

uint64_t host_at(const struct segment *segment, uint32_t host) { return HOSTS_AT + host * segment->host_size; }

uint64_t participant_at(const struct segment *segment, uint32_t index) {
  uint32_t per_host = segment->header.per_host;
  return host_at(segment, index / per_host) + HOST_PARTICIPANTS + index % per_host * segment->participant_size;
}

uint64_t part_at(const struct segment *segment, uint32_t host) {
  return segment->directory_at + host * segment->part_size;
}

static void lay_out(struct segment *segment) {
  const struct header *header = &segment->header;
  segment->participants = header->hosts * header->per_host;
  segment->participant_size = REVOCATIONS + round_up(UINT64_C(4) * segment->participants, LINE_OF_ONE_WRITER);
  segment->host_size = HOST_PARTICIPANTS + header->per_host * segment->participant_size;
  segment->directory_at = round_up(HOSTS_AT + header->hosts * segment->host_size, 4096);
  segment->part_size = round_up(PART_ENTRIES + (uint64_t)header->entries * ENTRY_SIZE, 4096);
  segment->data_at = segment->directory_at + header->hosts * segment->part_size;
}

/* The file system's uuid cannot be asked for from here; kind and path can. */
static failure check_place(const struct segment *segment) {
  const struct header *header = &segment->header;
  struct statfs system;
  if (fstatfs(segment->file, &system) != 0) return system_failed("%s", segment->path);
  uint32_t expected = system.f_type == TMPFS_MAGIC ? PLACE_ZEROED : PLACE_FAMFS;
  if (header->place_kind != expected || header->place_path_length > sizeof header->place_path) {
    return failed("%s has a left-over header, of another place", segment->path);
  }
  char *real = realpath(segment->path, NULL);
  if (real == NULL) return system_failed("%s", segment->path);
  size_t length = header->place_path_length, real_length = strlen(real);
  /* A path as long as the header's room was cut. */
  bool fits = length == sizeof header->place_path ||
              (length <= real_length && memcmp(real + real_length - length, header->place_path, length) == 0);
  free(real);
  return fits ? NULL : failed("%s has a left-over header, of another file", segment->path);
}

static failure check_counts(struct segment *segment) {
  const struct header *header = &segment->header;
  bool plausible = header->byte_size == segment->memory.size && header->writer_spacing == LINE_OF_ONE_WRITER &&
                   header->hosts >= 1 && header->hosts <= 64 && header->per_host >= 1 &&
                   (uint64_t)header->hosts * header->per_host <= MOST_PARTICIPANTS && header->entries >= 16 &&
                   header->entries <= 2047;
  if (plausible) lay_out(segment);
  if (!plausible || segment->data_at + 4096 > segment->memory.size) {
    return failed("%s has a header that does not fit its size", segment->path);
  }
  return NULL;
}

static failure check_header(struct segment *segment, uint64_t epoch) {
  const struct header *header = &segment->header;
  if (epoch == 0 || epoch & 1) return failed("%s is no segment yet: its header is half-made", segment->path);
  if (memcmp(header->magic, "FAMFSSEG", 8) != 0) return failed("%s is no segment: no magic number", segment->path);
  if (crc32c(header, offsetof(struct header, crc)) != header->crc || header->epoch != epoch) {
    return failed("%s is no segment: its header is damaged", segment->path);
  }
  if (header->version != 1 || header->incompatible != 0) {
    return failed("%s has format version %" PRIu32 " with incompatible features 0x%" PRIx32 ", known is 1 with none",
                  segment->path, header->version, header->incompatible);
  }
  failure wrong = check_place(segment);
  if (wrong) return wrong;
  if (header->coherence != COHERENT && header->coherence != INCOHERENT) {
    return failed("%s has coherence %" PRIu32 ", which is not for C programs", segment->path, header->coherence);
  }
  if (header->coherence == INCOHERENT && !lines_supported()) {
    return failed("%s is of incoherent memory, which this program knows for x86-64 only", segment->path);
  }
  return check_counts(segment);
}

static failure read_header(struct segment *segment) {
  uint64_t epoch = 0;
  bool read = false;
  /* Until the header says otherwise: moving lines is right on all memory. */
  segment->memory.incoherent = lines_supported();
  for (int i = 0; i < TRIES && !read; i++) {
    read = read_whole(&segment->memory, HEADER_WORD, HEADER_RECORD, &segment->header, sizeof segment->header, &epoch);
  }
  failure wrong = check_header(segment, read ? epoch : 0);
  if (wrong) return wrong;
  segment->memory.incoherent = segment->header.coherence == INCOHERENT;
  invalidate(&segment->memory, 0, segment->data_at);
  full_fence(&segment->memory);
  return NULL;
}

static failure map(struct segment *segment, bool writable) {
  struct stat stat;
  if (fstat(segment->file, &stat) != 0) return system_failed("%s", segment->path);
  if (!S_ISREG(stat.st_mode)) return failed("%s is no file", segment->path);
  if (stat.st_size < HEADER_RECORD + (off_t)sizeof(struct header)) return failed("%s is too short", segment->path);
  void *base =
      mmap(NULL, (size_t)stat.st_size, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, segment->file, 0);
  if (base == MAP_FAILED) return system_failed("%s", segment->path);
  segment->memory = (struct memory){base, (uint64_t)stat.st_size, false};
  return find_node(&segment->node, &stat);
}

failure segment_open(struct segment *segment, const char *path, bool writable) {
  *segment = (struct segment){.path = path};
  segment->file = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  if (segment->file < 0) return system_failed("%s", path);
  failure wrong = map(segment, writable);
  if (!wrong) wrong = read_header(segment);
  if (wrong) segment_close(segment);
  return wrong;
}

void segment_close(struct segment *segment) {
  if (segment->memory.base != NULL) munmap(segment->memory.base, segment->memory.size);
  close(segment->file);
}

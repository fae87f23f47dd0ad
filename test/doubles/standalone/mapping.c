// Mappings.
#include <stdio.h>
#include <sys/mman.h>

#include "standalone_double.h"

static bool writes_are_disabled(int fd, int flags) {
  return kind() == NEW && (flags & MAP_TYPE) != MAP_PRIVATE && fault("write-disabled", fd) != 0;
}

// Of a descriptor that can not be written: the mapping cannot get write access later.
static void* map_read_only(void* address, size_t length, int protection, int flags, int fd, off_t offset) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int read_only = (int)REAL(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  if (read_only < 0) return MAP_FAILED;
  void* mapped = (void*)REAL(mmap, address, length, protection, flags, read_only, offset);
  close(read_only);
  return mapped;
}

void* mmap(void* address, size_t length, int protection, int flags, int fd, off_t offset) {
  if ((flags & MAP_ANONYMOUS) != 0 || !is_ours(fd)) {
    return (void*)REAL(mmap, address, length, protection, flags, fd, offset);
  }
  int error = access_error("mmap", fd);
  bool disabled = writes_are_disabled(fd, flags);
  if (error == 0 && disabled && (protection & PROT_WRITE) != 0) error = EPERM;
  if (error != 0) return fails(error), MAP_FAILED;
  if (disabled) return map_read_only(address, length, protection, flags, fd, offset);
  bool synchronous = (flags & MAP_SYNC) != 0 && kind() == NEW;
  if (synchronous) flags = (flags & ~(MAP_SYNC | MAP_TYPE)) | MAP_SHARED;
  return (void*)REAL(mmap, address, length, protection, flags, fd, offset);
}
ALSO(mmap64, mmap);

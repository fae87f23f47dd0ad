// What the file system tells of itself: statfs, xattrs, statx, ioctl.
#include <linux/limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "standalone_double.h"

static bool standalone(int fd) { return kind() != FUSE && is_ours(fd); }
static bool path_is_standalone(const char* path) { return kind() != FUSE && path_is_ours(AT_FDCWD, path, false); }

// As the kernel's simple_statfs.
static int show(struct statfs* status) {
  memset(status, 0, sizeof *status);
  status->f_type = (long)strtoul(getenv("FAMFS_DOUBLE_MAGIC"), NULL, 0);
  status->f_bsize = 4096;
  status->f_frsize = 4096;
  status->f_namelen = NAME_MAX;
  return 0;
}

int statfs(const char* path, struct statfs* status) {
  long result = REAL(statfs, path, status);
  if (result != 0 || !path_is_standalone(path)) return (int)result;
  int error = fault("statfs", -1);
  return error != 0 ? fails(error) : show(status);
}

int fstatfs(int fd, struct statfs* status) {
  long result = REAL(fstatfs, fd, status);
  if (result != 0 || !standalone(fd)) return (int)result;
  int error = fault("statfs", fd);
  return error != 0 ? fails(error) : show(status);
}

int statfs64(const char* path, struct statfs64* status) { return statfs(path, (struct statfs*)status); }
int fstatfs64(int fd, struct statfs64* status) { return fstatfs(fd, (struct statfs*)status); }

int statx(int at, const char* path, int flags, unsigned mask, struct statx* status) {
  long result = REAL(statx, at, path, flags, mask, status);
  if (result != 0 || kind() == FUSE) return (int)result;
  bool ours = path[0] == '\0' ? is_ours(at) : path_is_ours(at, path, false);
  if (ours && S_ISREG(status->stx_mode)) {
    status->stx_attributes |= STATX_ATTR_DAX;
    status->stx_attributes_mask |= STATX_ATTR_DAX;
  }
  return 0;
}

ssize_t getxattr(const char* path, const char* name, void* value, size_t size) {
  return path_is_standalone(path) ? fails(EOPNOTSUPP) : REAL(getxattr, path, name, value, size);
}
ssize_t lgetxattr(const char* path, const char* name, void* value, size_t size) {
  return path_is_standalone(path) ? fails(EOPNOTSUPP) : REAL(lgetxattr, path, name, value, size);
}
ssize_t fgetxattr(int fd, const char* name, void* value, size_t size) {
  return standalone(fd) ? fails(EOPNOTSUPP) : REAL(fgetxattr, fd, name, value, size);
}
ssize_t listxattr(const char* path, char* list, size_t size) {
  return path_is_standalone(path) ? fails(EOPNOTSUPP) : REAL(listxattr, path, list, size);
}
int setxattr(const char* path, const char* name, const void* value, size_t size, int flags) {
  return path_is_standalone(path) ? fails(EOPNOTSUPP) : (int)REAL(setxattr, path, name, value, size, flags);
}

// The harmless one of each kind succeeds.
int ioctl(int fd, unsigned long request, ...) {
  va_list rest;
  va_start(rest, request);
  void* argument = va_arg(rest, void*);
  va_end(rest);
  if (standalone(fd) && request == (kind() == OLD ? 0x7553 : 0x7550)) return 0;
  return (int)REAL(ioctl, fd, request, argument);
}

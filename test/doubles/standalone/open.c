// Opening files.
#include <stdarg.h>

#include "standalone_double.h"

static int open_error(int at, const char* path, int flags) {
  if (kind() == FUSE) return 0;
  if ((flags & O_TMPFILE) == O_TMPFILE) return EOPNOTSUPP;
  if ((flags & O_DIRECT) != 0) return EINVAL;
  struct stat status;
  bool only_new = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
  bool shrinks =
      !only_new && (flags & O_TRUNC) != 0 && REAL(newfstatat, at, path, &status, 0) == 0 && status.st_size > 0;
  return kind() == NEW && shrinks ? EPERM : 0;
}

// famfs ignores O_APPEND.
static int flags_of(int flags) { return kind() == FUSE ? flags : flags & ~O_APPEND; }

static int open_ours(int at, const char* path, int flags, mode_t mode) {
  int error = open_error(at, path, flags);
  if (error != 0) return fails(error);
  int fd = (int)REAL(openat, at, path, flags_of(flags), mode);
  error = fd < 0 ? 0 : fault("open", fd);
  if (error == 0) return fd;
  close(fd);
  return fails(error);
}

int openat(int at, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  bool ours = path_is_ours(at, path, true);
  return ours ? open_ours(at, path, flags, mode) : (int)REAL(openat, at, path, flags, mode);
}
ALSO(openat64, openat);

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return openat(AT_FDCWD, path, flags, mode);
}
ALSO(open64, open);

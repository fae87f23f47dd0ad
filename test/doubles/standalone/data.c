// The bytes of files.
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "standalone_double.h"

enum { MAX_PARTS = 1024 };

// How many of so many bytes famfs takes at a position: none behind the end, and no error.
static size_t inside(int fd, size_t length, off_t position) {
  off_t size = mapped_size(fd);
  if (kind() == FUSE) return length;
  if (position >= size) return 0;
  return (off_t)length < size - position ? length : (size_t)(size - position);
}

static off_t position_of(int fd) { return REAL(lseek, fd, 0, SEEK_CUR); }

static int write_error(int fd) {
  if (kind() == NEW && fault("write-disabled", fd) != 0) return EPERM;
  return access_error("write", fd);
}

// As many parts as fit, the last one cut.
static int cut(const struct iovec* parts, int count, size_t length, struct iovec* cut) {
  int used = 0;
  for (; used < count && used < MAX_PARTS && length > 0; used++) {
    cut[used] = parts[used];
    if (cut[used].iov_len > length) cut[used].iov_len = length;
    length -= cut[used].iov_len;
  }
  return used;
}

static size_t length_of(const struct iovec* parts, int count) {
  size_t length = 0;
  for (int i = 0; i < count; i++) length += parts[i].iov_len;
  return length;
}

ssize_t read(int fd, void* bytes, size_t length) {
  int error = is_ours(fd) ? access_error("read", fd) : 0;
  return error != 0 ? fails(error) : REAL(read, fd, bytes, length);
}

ssize_t readv(int fd, const struct iovec* parts, int count) {
  int error = is_ours(fd) ? access_error("read", fd) : 0;
  return error != 0 ? fails(error) : REAL(readv, fd, parts, count);
}

ssize_t pread(int fd, void* bytes, size_t length, off_t position) {
  int error = is_ours(fd) ? access_error("read", fd) : 0;
  return error != 0 ? fails(error) : REAL(pread64, fd, bytes, length, position);
}
ALSO(pread64, pread);

// The kernel takes the position in two halves, of which 64-bit systems use the first.
ssize_t preadv(int fd, const struct iovec* parts, int count, off_t position) {
  int error = is_ours(fd) ? access_error("read", fd) : 0;
  return error != 0 ? fails(error) : REAL(preadv, fd, parts, count, position, 0);
}
ALSO(preadv64, preadv);

ssize_t write(int fd, const void* bytes, size_t length) {
  if (!is_ours(fd)) return REAL(write, fd, bytes, length);
  int error = write_error(fd);
  return error != 0 ? fails(error) : REAL(write, fd, bytes, inside(fd, length, position_of(fd)));
}

ssize_t writev(int fd, const struct iovec* parts, int count) {
  if (!is_ours(fd)) return REAL(writev, fd, parts, count);
  int error = write_error(fd);
  struct iovec fitting[MAX_PARTS];
  size_t length = inside(fd, length_of(parts, count), position_of(fd));
  return error != 0 ? fails(error) : REAL(writev, fd, fitting, cut(parts, count, length, fitting));
}

ssize_t pwrite(int fd, const void* bytes, size_t length, off_t position) {
  if (!is_ours(fd)) return REAL(pwrite64, fd, bytes, length, position);
  int error = write_error(fd);
  return error != 0 ? fails(error) : REAL(pwrite64, fd, bytes, inside(fd, length, position), position);
}
ALSO(pwrite64, pwrite);

ssize_t pwritev(int fd, const struct iovec* parts, int count, off_t position) {
  if (!is_ours(fd)) return REAL(pwritev, fd, parts, count, position, 0);
  int error = write_error(fd);
  struct iovec fitting[MAX_PARTS];
  size_t length = inside(fd, length_of(parts, count), position);
  return error != 0 ? fails(error) : REAL(pwritev, fd, fitting, cut(parts, count, length, fitting), position, 0);
}
ALSO(pwritev64, pwritev);

ssize_t sendfile(int to, int from, off_t* position, size_t length) {
  int error = is_ours(to) ? write_error(to) : 0;
  if (error == 0 && is_ours(from)) error = access_error("read", from);
  if (error != 0) return fails(error);
  return REAL(sendfile, to, from, position, is_ours(to) ? inside(to, length, position_of(to)) : length);
}
ALSO(sendfile64, sendfile);

static int truncate_error(off_t size, off_t before) {
  if (kind() != NEW || size == before) return 0;
  return EPERM;
}

int ftruncate(int fd, off_t size) {
  struct stat status;
  bool ours = is_ours(fd) && REAL(fstat, fd, &status) == 0;
  int error = ours ? truncate_error(size, status.st_size) : 0;
  return error != 0 ? fails(error) : (int)REAL(ftruncate, fd, size);
}
ALSO(ftruncate64, ftruncate);

int truncate(const char* path, off_t size) {
  struct stat status;
  bool ours = path_is_ours(AT_FDCWD, path, false) && REAL(newfstatat, AT_FDCWD, path, &status, 0) == 0;
  int error = ours ? truncate_error(size, status.st_size) : 0;
  return error != 0 ? fails(error) : (int)REAL(truncate, path, size);
}
ALSO(truncate64, truncate);

int fallocate(int fd, int mode, off_t position, off_t length) {
  if (is_ours(fd) && kind() != FUSE) return fails(EOPNOTSUPP);
  return (int)REAL(fallocate, fd, mode, position, length);
}
ALSO(fallocate64, fallocate);

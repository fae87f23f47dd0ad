// A device DAX where there is none, for processes that this library is preloaded into: a character device that can be
// opened by anybody (/dev/zero, under another name) is mapped by the rules of device DAX (docs of the kernel, and
// measured), and what is mapped is a file. It cannot show faults of 2 MiB, poison, or a device that goes.
//
//   FAMFS_DOUBLE_DEVICE      the device, a node with the numbers of /dev/zero
//   FAMFS_DOUBLE_BYTES       the file, as long as the device
//   FAMFS_DOUBLE_ALIGNMENT   what offset, length and address must be multiples of
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REAL(name, ...) syscall(SYS_##name, __VA_ARGS__)

static bool is_ours(int fd) {
  struct stat device, status;
  const char* path = getenv("FAMFS_DOUBLE_DEVICE");
  if (path == NULL || stat(path, &device) != 0 || fstat(fd, &status) != 0) return false;
  return S_ISCHR(status.st_mode) && status.st_rdev == device.st_rdev && status.st_ino == device.st_ino;
}

static void* fails(int error) {
  errno = error;
  return MAP_FAILED;
}

// At an aligned address, as the driver chooses one.
static void* map_aligned(void* address, size_t length, int protection, int flags, int file, off_t offset) {
  size_t alignment = strtoul(getenv("FAMFS_DOUBLE_ALIGNMENT"), NULL, 0);
  if ((flags & MAP_FIXED) == 0) {
    uintptr_t room = (uintptr_t)REAL(mmap, NULL, length + alignment, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    address = (void*)((room + alignment - 1) / alignment * alignment);
  }
  if ((uintptr_t)address % alignment != 0) return fails(EINVAL);
  return (void*)REAL(mmap, address, length, protection, flags | MAP_FIXED, file, offset);
}

void* mmap(void* address, size_t length, int protection, int flags, int fd, off_t offset) {
  if ((flags & MAP_ANONYMOUS) != 0 || !is_ours(fd)) {
    return (void*)REAL(mmap, address, length, protection, flags, fd, offset);
  }
  size_t alignment = strtoul(getenv("FAMFS_DOUBLE_ALIGNMENT"), NULL, 0);
  bool shared = (flags & MAP_TYPE) == MAP_SHARED || (flags & MAP_TYPE) == MAP_SHARED_VALIDATE;
  if (!shared || length % alignment != 0 || (size_t)offset % alignment != 0) return fails(EINVAL);
  bool writes = (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
  if ((protection & PROT_WRITE) != 0 && !writes) return fails(EACCES);
  int file = open(getenv("FAMFS_DOUBLE_BYTES"), writes ? O_RDWR : O_RDONLY);
  if (file < 0) return MAP_FAILED;
  void* mapped = map_aligned(address, length, protection, flags, file, offset);
  close(file);
  return mapped;
}

void* mmap64(void* address, size_t length, int protection, int flags, int fd, off_t offset) {
  return mmap(address, length, protection, flags, fd, offset);
}

static int refuses(int fd) {
  if (!is_ours(fd)) return 0;
  errno = EINVAL;
  return -1;
}

ssize_t pread(int fd, void* bytes, size_t length, off_t offset) {
  return refuses(fd) ? -1 : REAL(pread64, fd, bytes, length, offset);
}

ssize_t pwrite(int fd, const void* bytes, size_t length, off_t offset) {
  return refuses(fd) ? -1 : REAL(pwrite64, fd, bytes, length, offset);
}

ssize_t read(int fd, void* bytes, size_t length) { return refuses(fd) ? -1 : REAL(read, fd, bytes, length); }
int ftruncate(int fd, off_t size) { return refuses(fd) ? -1 : (int)REAL(ftruncate, fd, size); }

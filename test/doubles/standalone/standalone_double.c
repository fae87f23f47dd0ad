// A stand-in for famfs of the standalone kind, for tests on machines without its kernel module: preloaded into a
// process (LD_PRELOAD), it makes the files of one tmpfs mount answer as famfs's do, in the C library's functions that
// Node and the addon call. Where tmpfs does by itself what famfs does (mappings, SIGBUS behind the end, chmod, locks),
// nothing is put in its place.
//
//   FAMFS_DOUBLE_ROOT     the mount
//   FAMFS_DOUBLE_KIND     old (KABI 42 and 43), new (KABI 44), or fuse: a mount of the FUSE double, of which only
//                         failures of mmap and the like are made, which FUSE itself cannot have
//   FAMFS_DOUBLE_MAGIC    statfs type
//   FAMFS_DOUBLE_FOLDER   records/<inode>: "size dead", what famfs's metadata know of a file; faults: lines
//                         "operation errno [name]", read at each operation
//
// What it cannot show: whatever calls the kernel past the C library (statx by Node, so STATX_ATTR_DAX to C programs
// only), mappings in pages of 2 MiB, MADV_REMOVE (EOPNOTSUPP in famfs), EBUSY of a second mount.
#include "standalone_double.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fault_line.h"

int fails(int error) {
  errno = error;
  return -1;
}

enum kind kind(void) {
  const char* name = getenv("FAMFS_DOUBLE_KIND");
  if (name == NULL || strcmp(name, "fuse") == 0) return FUSE;
  return strcmp(name, "old") == 0 ? OLD : NEW;
}

static const char* root(void) {
  const char* path = getenv("FAMFS_DOUBLE_ROOT");
  return path == NULL ? "" : path;
}

static bool on_our_device(const struct stat* status) {
  static dev_t device;
  struct stat found;
  if (device == 0 && REAL(newfstatat, AT_FDCWD, root(), &found, 0) == 0) device = found.st_dev;
  return device != 0 && status->st_dev == device;
}

bool is_ours(int fd) {
  struct stat status;
  int before = errno;
  bool ours = fd >= 0 && REAL(fstat, fd, &status) == 0 && on_our_device(&status);
  errno = before;
  return ours;
}

bool path_is_ours(int at, const char* path, bool parent) {
  struct stat status;
  char folder[PATH_MAX];
  int before = errno;
  long found = REAL(newfstatat, at, path, &status, 0);
  if (found != 0 && parent && snprintf(folder, sizeof folder, "%s", path) < PATH_MAX) {
    char* slash = strrchr(folder, '/');
    if (slash != NULL) slash[slash == folder ? 1 : 0] = '\0';
    found = REAL(newfstatat, at, slash == NULL ? "." : folder, &status, 0);
  }
  errno = before;
  return found == 0 && on_our_device(&status);
}

static size_t read_text(const char* name, char* text, size_t size) {
  char path[PATH_MAX];
  const char* folder = getenv("FAMFS_DOUBLE_FOLDER");
  snprintf(path, sizeof path, "%s/%s", folder == NULL ? "" : folder, name);
  int fd = (int)REAL(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  ssize_t length = fd < 0 ? 0 : REAL(read, fd, text, size - 1);
  if (fd >= 0) close(fd);
  text[length < 0 ? 0 : length] = '\0';
  return length < 0 ? 0 : (size_t)length;
}

// Relative to the mount, or "".
static void name_of(int fd, char name[PATH_MAX]) {
  char link[64];
  char path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = REAL(readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  path[length < 0 ? 0 : length] = '\0';
  size_t prefix = strlen(root());
  bool below = strncmp(path, root(), prefix) == 0 && path[prefix] == '/';
  snprintf(name, PATH_MAX, "%s", below ? path + prefix + 1 : "");
}

int fault(const char* operation, int fd) {
  char text[4096];
  char name[PATH_MAX];
  int before = errno;
  int error = 0;
  if (read_text("faults", text, sizeof text) > 0) {
    name_of(fd, name);
    char* rest = text;
    for (char* line = strsep(&rest, "\n"); line != NULL && error == 0; line = strsep(&rest, "\n")) {
      error = fault_of_line(line, operation, name);
    }
  }
  errno = before;
  return error;
}

static void record_path(const struct stat* status, char path[64]) {
  snprintf(path, 64, "records/%lu", (unsigned long)status->st_ino);
}

// What famfs's metadata say; -1 for a file that is in none.
static off_t read_record(const struct stat* status, bool* dead) {
  char path[64];
  char text[64];
  long long size = -1;
  int is_dead = 0;
  record_path(status, path);
  if (read_text(path, text, sizeof text) > 0) sscanf(text, "%lld %d", &size, &is_dead);
  *dead = is_dead != 0;
  return size;
}

static void record_death(const struct stat* status, off_t size) {
  char name[64];
  char path[PATH_MAX];
  char text[64];
  record_path(status, name);
  snprintf(path, sizeof path, "%s/%s", getenv("FAMFS_DOUBLE_FOLDER"), name);
  int fd = (int)REAL(openat, AT_FDCWD, path, O_WRONLY | O_TRUNC | O_CLOEXEC, 0);
  if (fd < 0) return;
  (void)!REAL(write, fd, text, (size_t)snprintf(text, sizeof text, "%lld 1", (long long)size));
  close(fd);
}

off_t mapped_size(int fd) {
  struct stat status;
  bool dead;
  return REAL(fstat, fd, &status) == 0 && S_ISREG(status.st_mode) ? read_record(&status, &dead) : -1;
}

bool path_is_mapped(int at, const char* path) {
  struct stat status;
  bool dead;
  int before = errno;
  bool found = REAL(newfstatat, at, path, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode);
  errno = before;
  return found && read_record(&status, &dead) >= 0;
}

int access_error(const char* operation, int fd) {
  struct stat status;
  int error = fault(operation, fd);
  if (error != 0) return error;
  if (kind() == FUSE || REAL(fstat, fd, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
  bool dead;
  off_t size = read_record(&status, &dead);
  if (size < 0 || dead) return EIO;
  if (size == status.st_size) return 0;
  // Somebody truncated it: famfs notices at the first access, and does not forget.
  record_death(&status, size);
  return strcmp(operation, "mmap") == 0 ? EIO : ENXIO;
}

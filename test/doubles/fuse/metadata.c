// Operations on names and attributes. Those that are not here libfuse answers with ENOSYS, as upstream's daemon does.
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "famfs_double.h"

// What the command passes: a year, in seconds.
static const double TIMEOUT = 31536000;

static void look_up(fuse_req_t request, fuse_ino_t parent, const char* name) {
  struct node* node = child_of(node_of(parent), name);
  if (node == NULL) return (void)fuse_reply_err(request, ENOMEM);
  struct fuse_entry_param entry = {.attr_timeout = TIMEOUT, .entry_timeout = TIMEOUT, .generation = 1};
  int error = fault("lookup", node);
  if (error == 0) error = describe(node, &entry.attr);
  entry.ino = number_of(node);
  // No timed negative entry: what logplay adds is there at once.
  if (error != 0) return (void)fuse_reply_err(request, error);
  fuse_reply_entry(request, &entry);
}

static void reply_attributes(fuse_req_t request, struct node* node) {
  struct stat attributes;
  int error = describe(node, &attributes);
  if (error != 0) return (void)fuse_reply_err(request, error);
  if (node->health == TRUNCATED) node->health = HEALTHY;  // the kernel hears the size again
  fuse_reply_attr(request, &attributes, TIMEOUT);
}

static void get_attributes(fuse_req_t request, fuse_ino_t number, struct fuse_file_info* file) {
  (void)file;
  struct node* node = node_of(number);
  int error = fault("getattr", node);
  if (error != 0) return (void)fuse_reply_err(request, error);
  reply_attributes(request, node);
}

static struct timespec time_of(struct timespec given, bool now) {
  if (now) clock_gettime(CLOCK_REALTIME, &given);
  return given;
}

static void set_attributes(fuse_req_t request, fuse_ino_t number, struct stat* wanted, int which,
                           struct fuse_file_info* file) {
  (void)file;
  struct node* node = node_of(number);
  if ((which & FUSE_SET_ATTR_SIZE) != 0) {
    if (settings.crash_on_truncate && wanted->st_size != 0) raise(SIGKILL);
    return (void)fuse_reply_err(request, EINVAL);
  }
  struct stat* own = &node->attributes;
  if (which & FUSE_SET_ATTR_MODE) own->st_mode = wanted->st_mode;
  if (which & FUSE_SET_ATTR_UID) own->st_uid = wanted->st_uid;
  if (which & FUSE_SET_ATTR_GID) own->st_gid = wanted->st_gid;
  if (which & FUSE_SET_ATTR_ATIME) own->st_atim = time_of(wanted->st_atim, (which & FUSE_SET_ATTR_ATIME_NOW) != 0);
  if (which & FUSE_SET_ATTR_MTIME) own->st_mtim = time_of(wanted->st_mtim, (which & FUSE_SET_ATTR_MTIME_NOW) != 0);
  node->overridden |= which;
  reply_attributes(request, node);
}

static void open_directory(fuse_req_t request, fuse_ino_t number, struct fuse_file_info* file) {
  const struct node* node = node_of(number);
  int error = fault("readdir", node);
  if (error != 0) return (void)fuse_reply_err(request, error);
  char shadow_root[PATH_MAX];
  char path[PATH_MAX];
  snprintf(shadow_root, sizeof shadow_root, "%s/root", settings.shadow);
  path_below(shadow_root, node, path);
  DIR* directory = opendir(path);
  if (directory == NULL) return (void)fuse_reply_err(request, errno);
  file->fh = (uintptr_t)directory;
  fuse_reply_open(request, file);
}

static void read_directory(fuse_req_t request, fuse_ino_t number, size_t size, off_t position,
                           struct fuse_file_info* file) {
  (void)number;
  DIR* directory = (DIR*)(uintptr_t)file->fh;
  char* buffer = malloc(size);
  if (buffer == NULL) return (void)fuse_reply_err(request, ENOMEM);
  if (position == 0) {
    rewinddir(directory);
  } else {
    seekdir(directory, position);
  }
  size_t used = 0;
  for (const struct dirent* entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
    struct stat attributes = {.st_ino = entry->d_ino, .st_mode = DTTOIF(entry->d_type)};
    size_t needed =
        fuse_add_direntry(request, buffer + used, size - used, entry->d_name, &attributes, telldir(directory));
    if (needed > size - used) break;
    used += needed;
  }
  fuse_reply_buf(request, buffer, used);
  free(buffer);
}

static void release_directory(fuse_req_t request, fuse_ino_t number, struct fuse_file_info* file) {
  (void)number;
  closedir((DIR*)(uintptr_t)file->fh);
  fuse_reply_err(request, 0);
}

static void get_statistics(fuse_req_t request, fuse_ino_t number) {
  const struct node* node = node_of(number);
  struct stat attributes;
  struct statvfs statistics;
  int error = fault("statfs", node);
  if (error == 0) error = describe(node, &attributes);
  // Upstream asks the descriptor of the inode, and only directories have one.
  if (error == 0 && !S_ISDIR(attributes.st_mode)) error = EBADF;
  if (error == 0 && statvfs(settings.shadow, &statistics) != 0) error = errno;
  if (error != 0) return (void)fuse_reply_err(request, error);
  fuse_reply_statfs(request, &statistics);
}

static void get_xattr(fuse_req_t request, fuse_ino_t number, const char* name, size_t size) {
  int error = fault("getxattr", node_of(number));
  if (error == 0 && settings.no_xattr) error = ENOSYS;
  if (error == 0 && strcmp(name, "user.famfs.shadow") != 0) error = ENODATA;
  size_t length = strlen(settings.shadow);
  if (error == 0 && size != 0 && size < length) error = ERANGE;
  if (error != 0) return (void)fuse_reply_err(request, error);
  if (size == 0) return (void)fuse_reply_xattr(request, length);
  fuse_reply_buf(request, settings.shadow, length);
}

static void create_file(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode,
                        struct fuse_file_info* file) {
  (void)parent, (void)name, (void)mode, (void)file;
  fuse_reply_err(request, EOPNOTSUPP);
}

void metadata_operations(struct fuse_lowlevel_ops* operations) {
  operations->lookup = look_up;
  operations->getattr = get_attributes;
  operations->setattr = set_attributes;
  operations->opendir = open_directory;
  operations->readdir = read_directory;
  operations->releasedir = release_directory;
  operations->statfs = get_statistics;
  operations->getxattr = get_xattr;
  operations->create = create_file;
}

// Operations on the bytes of files.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "famfs_double.h"

// From linux/fuse.h; libfuse of Debian 12 does not know the last one, nor its number in the answer.
enum { DIRECT_IO = 1 << 0, PASSTHROUGH = 1 << 7 };
struct open_answer {
  uint64_t handle;
  uint32_t flags;
  int32_t backing;
};

struct handle {
  int data;
  bool passes;  // opened with passthrough
  bool appends;
  off_t position;  // where the next write of an O_APPEND descriptor lands: famfs ignores that flag
};

static struct handle* handle_of(const struct fuse_file_info* file) { return (struct handle*)(uintptr_t)file->fh; }

// What I/O on a file meets.
static int io_error(const char* operation, struct node* node) {
  int error = fault(operation, node);
  if (error == 0 && node->health == TRUNCATED) {
    node->health = DEAD;
    return ENXIO;
  }
  return error == 0 && node->health == DEAD ? EIO : error;
}

// Mapped past the daemon; read and written through it where it has something to say. The kernel wants passthrough for
// all opens of a file or for none, so mmap can be refused (ENODEV) only where the file is not open already.
static struct open_answer answer_of(struct node* node, struct handle* handle, const struct fuse_file_info* file) {
  struct open_answer answer = {.handle = file->fh};
  if (!has_passthrough()) return answer;
  bool refuses = (fault("mmap", node) != 0 || node->health == DEAD) && node->passing == 0;
  if (!refuses) answer.backing = backing_of(node, handle->data);
  if (answer.backing != 0) {
    answer.flags |= PASSTHROUGH;
    handle->passes = true;
    node->passing++;
  }
  bool reads_only = (file->flags & O_ACCMODE) == O_RDONLY;
  bool as_it_is = fault("read", node) == 0 && node->health == HEALTHY;
  if (!reads_only || !as_it_is || answer.backing == 0) answer.flags |= DIRECT_IO;
  return answer;
}

static void open_file(fuse_req_t request, fuse_ino_t number, struct fuse_file_info* file) {
  struct node* node = node_of(number);
  int error = fault("open", node);
  if (error == 0 && (file->flags & O_DIRECT) != 0) error = EINVAL;
  if (error != 0) return (void)fuse_reply_err(request, error);
  char path[PATH_MAX];
  path_below(settings.data, node, path);
  int data = open(path, O_RDWR | O_CLOEXEC);
  if (data < 0) return (void)fuse_reply_err(request, errno);
  struct handle* handle = calloc(1, sizeof *handle);
  if (handle == NULL) return close(data), (void)fuse_reply_err(request, ENOMEM);
  handle->data = data;
  handle->appends = (file->flags & O_APPEND) != 0;
  file->fh = (uintptr_t)handle;
  if ((file->flags & O_TRUNC) != 0 && node->health == HEALTHY) node->health = TRUNCATED;
  struct open_answer answer = answer_of(node, handle, file);
  fuse_reply_buf(request, (const char*)&answer, sizeof answer);
}

static void release_file(fuse_req_t request, fuse_ino_t number, struct fuse_file_info* file) {
  struct handle* handle = handle_of(file);
  struct node* node = node_of(number);
  node->locked = false;  // whoever held it
  if (handle->passes) node->passing--;
  close(handle->data);
  free(handle);
  fuse_reply_err(request, 0);
}

// How many bytes from a position lie in the file.
static size_t inside(off_t size, off_t position, size_t length) {
  if (position >= size) return 0;
  return (off_t)length < size - position ? length : (size_t)(size - position);
}

static void read_file(fuse_req_t request, fuse_ino_t number, size_t length, off_t position,
                      struct fuse_file_info* file) {
  struct node* node = node_of(number);
  struct stat attributes;
  int error = io_error("read", node);
  if (error == 0) error = describe(node, &attributes);
  if (error != 0) return (void)fuse_reply_err(request, error);
  length = inside(attributes.st_size, position, length);
  char* bytes = malloc(length + 1);
  if (bytes == NULL) return (void)fuse_reply_err(request, ENOMEM);
  ssize_t got = pread(handle_of(file)->data, bytes, length, position);
  if (got < 0) {
    fuse_reply_err(request, errno);
  } else {
    fuse_reply_buf(request, bytes, (size_t)got);
  }
  free(bytes);
}

static void write_file(fuse_req_t request, fuse_ino_t number, const char* bytes, size_t length, off_t position,
                       struct fuse_file_info* file) {
  struct node* node = node_of(number);
  struct handle* handle = handle_of(file);
  struct stat attributes;
  int error = io_error("write", node);
  if (error == 0) error = describe(node, &attributes);
  if (error != 0) return (void)fuse_reply_err(request, error);
  if (handle->appends) position = handle->position;
  ssize_t written = pwrite(handle->data, bytes, inside(attributes.st_size, position, length), position);
  if (written < 0) return (void)fuse_reply_err(request, errno);
  handle->position = position + written;
  fuse_reply_write(request, (size_t)written);
}

// Answered by the daemon, and so ENOTCONN without it.
static void sync_file(fuse_req_t request, fuse_ino_t number, int data_only, struct fuse_file_info* file) {
  (void)number, (void)data_only, (void)file;
  fuse_reply_err(request, 0);
}

static void flush_file(fuse_req_t request, fuse_ino_t number, struct fuse_file_info* file) {
  (void)number, (void)file;
  fuse_reply_err(request, 0);
}

// LOCK_NB in any form matches no case of upstream's, and succeeds.
static void lock_file(fuse_req_t request, fuse_ino_t number, struct fuse_file_info* file, int operation) {
  (void)file;
  struct node* node = node_of(number);
  if (operation == LOCK_SH || (operation == LOCK_EX && node->locked)) return (void)fuse_reply_err(request, EINVAL);
  if (operation == LOCK_EX) node->locked = true;
  if (operation == LOCK_UN) node->locked = false;
  fuse_reply_err(request, 0);
}

void data_operations(struct fuse_lowlevel_ops* operations) {
  operations->open = open_file;
  operations->release = release_file;
  operations->read = read_file;
  operations->write = write_file;
  operations->fsync = sync_file;
  operations->flush = flush_file;
  operations->flock = lock_file;
}

// Calls on the bytes of an open file.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calls.h"

static char bytes[1 << 20];

static int flags_of(const char* list) {
  static const struct {
    const char* name;
    int flag;
  } known[] = {{"ro", O_RDONLY},   {"wo", O_WRONLY},     {"rw", O_RDWR},       {"creat", O_CREAT},    {"excl", O_EXCL},
               {"trunc", O_TRUNC}, {"append", O_APPEND}, {"direct", O_DIRECT}, {"tmpfile", O_TMPFILE}};
  int flags = 0;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (has(list, known[i].name)) flags |= known[i].flag;
  }
  return flags;
}

static long call_open(char* words[]) {
  int fd = open(target.path, flags_of(words[1]) | O_CLOEXEC, 0644);
  if (fd < 0) return -1;
  if (target.fd >= 0) close(target.fd);
  target.fd = fd;
  return 0;
}

static long call_close(char* words[]) {
  (void)words;
  int fd = target.fd;
  target.fd = -1;
  return close(fd);
}

static long call_pread(char* words[]) { return pread(target.fd, bytes, atol(words[2]), atol(words[1])); }

static long call_text(char* words[]) {
  ssize_t got = pread(target.fd, bytes, atol(words[2]), atol(words[1]));
  return got < 0 ? -1 : answer("%.*s", (int)got, bytes);
}

static long call_pwrite(char* words[]) {
  memset(bytes, 'x', sizeof bytes);
  return pwrite(target.fd, bytes, atol(words[2]), atol(words[1]));
}

static long call_write(char* words[]) {
  memset(bytes, 'x', sizeof bytes);
  return write(target.fd, bytes, atol(words[1]));
}

static long call_ftruncate(char* words[]) { return ftruncate(target.fd, atol(words[1])); }

static long call_fallocate(char* words[]) { return fallocate(target.fd, 0, 0, atol(words[1])); }

static long call_fsync(char* words[]) {
  (void)words;
  return fsync(target.fd);
}

static long call_fdatasync(char* words[]) {
  (void)words;
  return fdatasync(target.fd);
}

static long call_flock(char* words[]) {
  int operation = has(words[1], "sh") ? LOCK_SH : has(words[1], "ex") ? LOCK_EX : LOCK_UN;
  return flock(target.fd, operation | (has(words[1], "nb") ? LOCK_NB : 0));
}

static long call_record_lock(char* words[]) {
  (void)words;
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  return fcntl(target.fd, F_OFD_SETLK, &lock);
}

// The other end of a copy.
static int other_file(void) { return open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600); }

static long call_copy_out(char* words[]) {
  int other = other_file();
  loff_t from = 0;
  long copied = copy_file_range(target.fd, &from, other, NULL, atol(words[1]), 0);
  int error = errno;
  close(other);
  errno = error;
  return copied;
}

static long call_send_out(char* words[]) {
  int other = other_file();
  off_t from = 0;
  long sent = sendfile(other, target.fd, &from, atol(words[1]));
  int error = errno;
  close(other);
  errno = error;
  return sent;
}

static long call_send_in(char* words[]) {
  int other = other_file();
  off_t from = 0;
  if (ftruncate(other, atol(words[1])) != 0) return -1;
  long sent = sendfile(target.fd, other, &from, atol(words[1]));
  int error = errno;
  close(other);
  errno = error;
  return sent;
}

// The harmless ioctl of the standalone kind, KABI 43.
static long call_ioctl(char* words[]) {
  (void)words;
  return ioctl(target.fd, 0x7553);
}

const struct call file_calls[] = {{"open", call_open},
                                  {"close", call_close},
                                  {"pread", call_pread},
                                  {"text", call_text},
                                  {"pwrite", call_pwrite},
                                  {"write", call_write},
                                  {"ftruncate", call_ftruncate},
                                  {"fallocate", call_fallocate},
                                  {"fsync", call_fsync},
                                  {"fdatasync", call_fdatasync},
                                  {"flock", call_flock},
                                  {"record-lock", call_record_lock},
                                  {"copy-out", call_copy_out},
                                  {"send-out", call_send_out},
                                  {"send-in", call_send_in},
                                  {"ioctl", call_ioctl},
                                  {NULL, NULL}};

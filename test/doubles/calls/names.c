// Calls on names and attributes.
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "calls.h"

// The path with a suffix: a name that is not there.
static const char* beside(void) {
  static char path[PATH_MAX];
  snprintf(path, sizeof path, "%s-new", target.path);
  return path;
}

static long call_path(char* words[]) {
  target.path = strdup(words[1]);
  return 0;
}

static long call_truncate(char* words[]) { return truncate(target.path, atol(words[1])); }
static long call_unlink(char* words[]) { return (void)words, unlink(target.path); }
static long call_rename(char* words[]) { return (void)words, rename(target.path, beside()); }
static long call_link(char* words[]) { return (void)words, link(target.path, beside()); }
static long call_symlink(char* words[]) { return (void)words, symlink(target.path, beside()); }
static long call_mknod(char* words[]) { return (void)words, mknod(beside(), S_IFREG | 0644, 0); }
static long call_mkdir(char* words[]) { return (void)words, mkdir(beside(), 0755); }
static long call_rmdir(char* words[]) { return (void)words, rmdir(target.path); }
static long call_create(char* words[]) {
  (void)words;
  int fd = open(beside(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  return fd < 0 ? -1 : close(fd);
}
static long call_chmod(char* words[]) { return chmod(target.path, strtol(words[1], NULL, 8)); }

static long call_stat(char* words[]) {
  (void)words;
  struct stat status;
  if (stat(target.path, &status) != 0) return -1;
  return answer("%ld 0%o", (long)status.st_size, status.st_mode & 07777);
}

static long call_statx(char* words[]) {
  (void)words;
  struct statx status;
  if (statx(AT_FDCWD, target.path, 0, STATX_BASIC_STATS, &status) != 0) return -1;
  return (status.stx_attributes & STATX_ATTR_DAX) != 0 ? answer("dax") : answer("no dax");
}

static long show(const struct statfs* status) {
  return answer("0x%lx %s", (unsigned long)status->f_type & 0xffffffff, status->f_blocks == 0 ? "no blocks" : "blocks");
}

static long call_statfs(char* words[]) {
  (void)words;
  struct statfs status;
  return statfs(target.path, &status) != 0 ? -1 : show(&status);
}

static long call_fstatfs(char* words[]) {
  (void)words;
  struct statfs status;
  return fstatfs(target.fd, &status) != 0 ? -1 : show(&status);
}

static long call_getxattr(char* words[]) {
  char value[PATH_MAX] = "";
  ssize_t length = getxattr(target.path, words[1], value, sizeof value);
  return length < 0 ? -1 : answer("%.*s", (int)length, value);
}

static long call_getxattr_short(char* words[]) {
  char value[4];
  return getxattr(target.path, words[1], value, sizeof value);
}

static long call_setxattr(char* words[]) { return setxattr(target.path, words[1], "1", 1, 0); }
static long call_listxattr(char* words[]) { return (void)words, listxattr(target.path, NULL, 0); }

static long call_readdir(char* words[]) {
  (void)words;
  DIR* directory = opendir(target.path);
  if (directory == NULL) return -1;
  long count = 0;
  while (readdir(directory) != NULL) count++;
  closedir(directory);
  return count;
}

const struct call name_calls[] = {
    {"path", call_path},
    {"truncate", call_truncate},
    {"unlink", call_unlink},
    {"rename", call_rename},
    {"link", call_link},
    {"symlink", call_symlink},
    {"mknod", call_mknod},
    {"mkdir", call_mkdir},
    {"rmdir", call_rmdir},
    {"create", call_create},
    {"chmod", call_chmod},
    {"stat", call_stat},
    {"statx", call_statx},
    {"statfs", call_statfs},
    {"fstatfs", call_fstatfs},
    {"getxattr", call_getxattr},
    {"getxattr-short", call_getxattr_short},
    {"setxattr", call_setxattr},
    {"listxattr", call_listxattr},
    {"readdir", call_readdir},
    {NULL, NULL},
};

// A stand-in for famfs's FUSE daemon, for tests on machines without the kernel part: serves a directory the way a
// mounted famfs of the FUSE kind shows itself, as far as an unpatched kernel can be brought to it.
//
//   famfs_fused -o fsname=SOURCE,shadow=DIR,data=DIR,faults=FILE,base=DIR[,no_xattr][,page_cache][,crash_on_truncate]
//   MOUNT
//
// Reads and writes go through the daemon, which knows where a file ends; mappings (and reads of read-only opens) go
// past it to the data files, by FUSE passthrough (Linux 6.9), as famfs's go to the device. So they outlive the daemon.
// Where the kernel has no passthrough, mappings go through the page cache, and a write at the end fails with EIO.
//
// What it cannot show: STATX_ATTR_DAX, 2 MiB faults, EIO from mmap (a dead file is ENODEV), EIO from sendfile into a
// file, pread and pwrite of a read-write descriptor after the daemon's death (ENOTCONN here, they go on in famfs),
// msync of a mapping then (0 here, ENOTCONN in famfs), where a pwrite with O_APPEND lands (after the last write here),
// a second mount of the device (EBUSY), flock that blocks a thread of the daemon.
#include "famfs_double.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

struct settings settings;

enum option { FSNAME, DAXDEV, SHADOW, DATA, FAULTS, BASE, NO_XATTR, PAGE_CACHE, CRASH };
static char* const option_names[] = {
    "fsname", "daxdev", "shadow", "data", "faults", "base", "no_xattr", "page_cache", "crash_on_truncate", NULL};

static void read_options(char* options) {
  const char** texts[] = {&settings.source, NULL, &settings.shadow, &settings.data, &settings.faults, &settings.base};
  char* value = NULL;
  while (*options != '\0') {
    int option = getsubopt(&options, option_names, &value);
    if (option < 0) {
      fprintf(stderr, "unknown option %s\n", value);
      exit(2);
    }
    // daxdev is there for those who read the command line.
    if (option <= BASE && option != DAXDEV) *texts[option] = value;
    if (option == NO_XATTR) settings.no_xattr = true;
    if (option == PAGE_CACHE) settings.page_cache = true;
    if (option == CRASH) settings.crash_on_truncate = true;
  }
}

// With mount(2) and not libfuse's helper, so that the line in mountinfo is exactly the one of famfs.
static int mount_fuse(void) {
  int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (fuse < 0) return -1;
  char options[128];
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,default_permissions,allow_other", fuse);
  return mount(settings.source, settings.mount_point, "fuse", MS_NOSUID | MS_NODEV, options) == 0 ? fuse : -1;
}

int main(int argc, char* argv[]) {
  if (argc != 4 || strcmp(argv[1], "-o") != 0) return fprintf(stderr, "usage: -o options mount-point\n"), 2;
  read_options(argv[2]);
  settings.mount_point = argv[3];

  struct fuse_lowlevel_ops operations = {0};
  metadata_operations(&operations);
  data_operations(&operations);
  struct fuse_args arguments = FUSE_ARGS_INIT(1, argv);
  struct fuse_session* session = fuse_session_new(&arguments, &operations, sizeof operations, NULL);
  if (session == NULL) return 1;
  int fuse = mount_fuse();
  if (fuse < 0 || fuse_session_custom_io(session, &passthrough_io, fuse) != 0) return perror("mount"), 1;
  start_socket();
  start_watching_parent();
  fuse_session_loop(session);
  wait_if_leaving();
  return 0;
}

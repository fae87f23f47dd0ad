// A stand-in for famfs's FUSE daemon: famfs_double.c says what it shows and what it cannot.
#pragma once

#define FUSE_USE_VERSION 314

#include <fuse_lowlevel.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

// What the options say; set once, before the first thread.
struct settings {
  const char* source;  // of the mount: the dax device
  const char* shadow;  // <shadow>/root holds a description (YAML) of each file
  const char* data;    // the bytes of each file, under the same relative path
  const char* faults;  // a file: which operations fail
  const char* base;    // a tmpfs of this double's own, unmounted with it
  const char* mount_point;
  bool no_xattr;           // the daemons of the kernels that had a shadow= mount option did not answer xattrs
  bool page_cache;         // do not use passthrough, as on kernels that lack it
  bool crash_on_truncate;  // as upstream's daemon does
};
extern struct settings settings;

// What I/O on a file meets since it was opened with O_TRUNC: the kernel then takes it for empty, which its metadata
// contradicts.
enum health { HEALTHY, TRUNCATED, DEAD };

struct node {
  struct node* next;  // in its bucket
  enum health health;
  bool locked;     // by flock()
  int backing;     // number of the kernel's reference to the data file; 0: none yet
  int passing;     // opens with passthrough
  int overridden;  // FUSE_SET_ATTR_…: what of `attributes` replaces the description, until unmount
  struct stat attributes;
  const char* path;  // relative to the root, which is ""
};

struct node* node_of(fuse_ino_t number);
fuse_ino_t number_of(const struct node* node);
// The node of a child, made at first use; null where memory is short.
struct node* child_of(const struct node* parent, const char* name);
// 0, or an errno.
int describe(const struct node* node, struct stat* attributes);
// Path of a node below a directory.
void path_below(const char* directory, const struct node* node, char path[PATH_MAX]);

// The errno that this operation must fail with, 0 for none. The file of faults has lines `operation errno [path]`.
int fault(const char* operation, const struct node* node);

extern const struct fuse_custom_io passthrough_io;
// True when files are mapped past the daemon, once the session has started.
bool has_passthrough(void);
// The kernel's number for a node's data; 0 where there is none.
int backing_of(struct node* node, int data);

void data_operations(struct fuse_lowlevel_ops* operations);
void metadata_operations(struct fuse_lowlevel_ops* operations);

// Serves the socket that upstream's mount asks for signs of life.
void start_socket(void);
// Unmounts and exits when standard input ends, which is when whoever started this is gone.
void start_watching_parent(void);
// The end of the session is no reason to end while that is under way.
void wait_if_leaving(void);

// The files the kernel knows of, and what their descriptions in the shadow tree say.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "famfs_double.h"

// Nodes are never freed: a double lives for one test.
enum { BUCKETS = 4096, MAX_DESCRIPTION = 16384 };
static struct node* buckets[BUCKETS];
static struct node root = {.path = ""};

struct node* node_of(fuse_ino_t number) {
  return number == FUSE_ROOT_ID ? &root : (struct node*)(uintptr_t)number;
}

fuse_ino_t number_of(const struct node* node) { return node == &root ? FUSE_ROOT_ID : (fuse_ino_t)(uintptr_t)node; }

static unsigned hash(const char* text) {
  unsigned value = 5381;
  while (*text != '\0') value = value * 33 + (unsigned char)*text++;
  return value % BUCKETS;
}

struct node* child_of(const struct node* parent, const char* name) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, parent == &root ? "%s%s" : "%s/%s", parent->path, name);
  struct node** bucket = &buckets[hash(path)];
  for (struct node* found = *bucket; found != NULL; found = found->next) {
    if (strcmp(found->path, path) == 0) return found;
  }
  struct node* made = calloc(1, sizeof *made);
  if (made == NULL || (made->path = strdup(path)) == NULL) return NULL;
  made->next = *bucket;
  return *bucket = made;
}

void path_below(const char* directory, const struct node* node, char path[PATH_MAX]) {
  snprintf(path, PATH_MAX, "%s/%s", directory, node->path);
}

// Size, mode and owner from the lines of the YAML that have them; whatever else it says is for other readers.
static int read_description(const char* path, struct stat* attributes) {
  FILE* file = fopen(path, "re");
  if (file == NULL) return errno;
  char text[MAX_DESCRIPTION + 1];
  text[fread(text, 1, MAX_DESCRIPTION, file)] = '\0';
  fclose(file);
  long long size = -1;
  unsigned mode = 0;
  for (const char* line = text; line != NULL; line = strchr(line, '\n'), line = line == NULL ? NULL : line + 1) {
    sscanf(line, " size: %lld", &size);
    sscanf(line, " mode: %o", &mode);
    sscanf(line, " uid: %u", &attributes->st_uid);
    sscanf(line, " gid: %u", &attributes->st_gid);
  }
  if (size < 0) return EINVAL;
  attributes->st_size = size;
  attributes->st_mode = S_IFREG | (mode & 07777);
  return 0;
}

static void override(const struct node* node, struct stat* attributes) {
  const struct stat* own = &node->attributes;
  if (node->overridden & FUSE_SET_ATTR_MODE) {
    attributes->st_mode = (attributes->st_mode & S_IFMT) | (own->st_mode & 07777);
  }
  if (node->overridden & FUSE_SET_ATTR_UID) attributes->st_uid = own->st_uid;
  if (node->overridden & FUSE_SET_ATTR_GID) attributes->st_gid = own->st_gid;
  if (node->overridden & FUSE_SET_ATTR_ATIME) attributes->st_atim = own->st_atim;
  if (node->overridden & FUSE_SET_ATTR_MTIME) attributes->st_mtim = own->st_mtim;
}

int describe(const struct node* node, struct stat* attributes) {
  char shadow_root[PATH_MAX];
  char path[PATH_MAX];
  snprintf(shadow_root, sizeof shadow_root, "%s/root", settings.shadow);
  path_below(shadow_root, node, path);
  if (lstat(path, attributes) != 0) return errno;
  if (S_ISREG(attributes->st_mode)) {
    int error = read_description(path, attributes);
    if (error != 0) return error;
  }
  override(node, attributes);
  return 0;
}

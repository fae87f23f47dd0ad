// Names. The new kind refuses what its log would not know of; the old one lets it happen, on this host.
#include <stdio.h>
#include <sys/stat.h>

#include "standalone_double.h"

static bool refuses(int at, const char* path) { return kind() == NEW && path_is_ours(at, path, true); }

int unlinkat(int at, const char* path, int flags) {
  bool folder = (flags & AT_REMOVEDIR) != 0;
  if (refuses(at, path) && (folder || path_is_mapped(at, path))) return fails(EPERM);
  return (int)REAL(unlinkat, at, path, flags);
}

int unlink(const char* path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char* path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int renameat2(int from, const char* path, int to, const char* name, unsigned flags) {
  if (refuses(from, path) || refuses(to, name)) return fails(EPERM);
  return (int)REAL(renameat2, from, path, to, name, flags);
}

int renameat(int from, const char* path, int to, const char* name) { return renameat2(from, path, to, name, 0); }
int rename(const char* path, const char* name) { return renameat2(AT_FDCWD, path, AT_FDCWD, name, 0); }

int linkat(int from, const char* path, int to, const char* name, int flags) {
  if (refuses(to, name)) return fails(EPERM);
  return (int)REAL(linkat, from, path, to, name, flags);
}

int link(const char* path, const char* name) { return linkat(AT_FDCWD, path, AT_FDCWD, name, 0); }

int symlinkat(const char* target, int at, const char* name) {
  return refuses(at, name) ? fails(EPERM) : (int)REAL(symlinkat, target, at, name);
}

int symlink(const char* target, const char* name) { return symlinkat(target, AT_FDCWD, name); }

int mknodat(int at, const char* path, mode_t mode, dev_t device) {
  return refuses(at, path) ? fails(EPERM) : (int)REAL(mknodat, at, path, mode, device);
}

int mknod(const char* path, mode_t mode, dev_t device) { return mknodat(AT_FDCWD, path, mode, device); }

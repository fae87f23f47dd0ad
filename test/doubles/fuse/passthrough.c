// FUSE passthrough, which libfuse of Debian 12 does not know: asked for in the answer to FUSE_INIT, used by open.
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "famfs_double.h"

// From linux/fuse.h of Linux 6.9.
enum { FUSE_PASSTHROUGH_BIT = 37 - 32, FLAGS2_AT = 32, MAX_STACK_DEPTH_AT = 36 };
struct backing_map {
  int32_t fd;
  uint32_t flags;
  uint64_t padding;
};
#define BACKING_OPEN _IOW(229, 1, struct backing_map)

static int device = -1;
static bool offered;
static bool answered;

bool has_passthrough(void) { return offered && !settings.page_cache; }

// Whoever started this waits for that line: from now on the mount answers.
static void say_ready(void) {
  printf("ready %s\n", has_passthrough() ? "passthrough" : "page-cache");
  fflush(stdout);
}

static ssize_t receive(int fd, void* buffer, size_t length, void* user) {
  (void)user;
  ssize_t received = read(fd, buffer, length);
  const struct fuse_in_header* header = buffer;
  const struct fuse_init_in* init = (const void*)(header + 1);
  if (received >= (ssize_t)(sizeof *header + sizeof *init) && header->opcode == FUSE_INIT) {
    device = fd;
    offered = (init->flags & FUSE_INIT_EXT) != 0 && (init->flags2 & (1u << FUSE_PASSTHROUGH_BIT)) != 0;
  }
  return received;
}

// The first answer is the one to FUSE_INIT: a header and a struct fuse_init_out.
static ssize_t send_init(int fd, const struct iovec* parts) {
  struct fuse_init_out answer;
  memcpy(&answer, parts[1].iov_base, sizeof answer);
  uint32_t flags2;
  uint32_t depth = 1;
  memcpy(&flags2, (char*)&answer + FLAGS2_AT, sizeof flags2);
  flags2 |= 1u << FUSE_PASSTHROUGH_BIT;
  answer.flags |= FUSE_INIT_EXT;
  memcpy((char*)&answer + FLAGS2_AT, &flags2, sizeof flags2);
  memcpy((char*)&answer + MAX_STACK_DEPTH_AT, &depth, sizeof depth);
  struct iovec changed[] = {parts[0], {&answer, sizeof answer}};
  return writev(fd, changed, 2);
}

static ssize_t send(int fd, struct iovec* parts, int count, void* user) {
  (void)user;
  if (answered) return writev(fd, parts, count);
  answered = true;
  bool changes = has_passthrough() && count == 2 && parts[1].iov_len == sizeof(struct fuse_init_out);
  ssize_t sent = changes ? send_init(fd, parts) : writev(fd, parts, count);
  say_ready();
  return sent;
}

const struct fuse_custom_io passthrough_io = {.writev = send, .read = receive};

int backing_of(struct node* node, int data) {
  // All opens of a file must name the same reference, so it is kept.
  if (node->backing == 0) {
    struct backing_map map = {.fd = data};
    int number = ioctl(device, BACKING_OPEN, &map);
    node->backing = number > 0 ? number : 0;
  }
  return node->backing;
}

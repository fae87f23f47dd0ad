#include "machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crc32c.h"

static int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/* 32 hexadecimal digits, dashes left out. */
static bool read_id(const char *path, uint8_t *id) {
  FILE *file = fopen(path, "re");
  if (file == NULL) return false;
  int digits = 0;
  memset(id, 0, 16);
  for (int c = getc(file); c != EOF && c != '\n' && digits < 32; c = getc(file)) {
    if (c == '-') continue;
    if (digit((char)c) < 0) break;
    id[digits / 2] = (uint8_t)(id[digits / 2] << 4 | digit((char)c));
    digits++;
  }
  fclose(file);
  if (digits != 32) memset(id, 0, 16);
  return digits == 32;
}

failure read_boot_id(uint8_t *id) {
  const char *path = "/proc/sys/kernel/random/boot_id";
  return read_id(path, id) ? NULL : failed("%s has no boot id", path);
}

void read_machine_id(uint8_t *id) {
  if (!read_id("/etc/machine-id", id)) read_id("/var/lib/dbus/machine-id", id);
}

failure find_node(struct node *node, const struct stat *stat) {
  failure wrong = read_boot_id(node->boot_id);
  if (wrong) return wrong;
  node->device = stat->st_dev;
  node->inode = stat->st_ino;
  char text[96];
  for (int i = 0; i < 16; i++) snprintf(text + 2 * i, 3, "%02x", node->boot_id[i]);
  snprintf(text + 32, sizeof text - 32, " %" PRIu64 ":%" PRIu64, node->device, node->inode);
  node->hash = 1 + crc32c(text, strlen(text)) % 8191;
  return NULL;
}

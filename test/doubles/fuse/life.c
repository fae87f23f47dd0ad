// How others find out that the daemon lives, and how it goes with them.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "famfs_double.h"

static atomic_bool leaving;

static void* watch_parent(void* unused) {
  (void)unused;
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  leaving = true;
  umount2(settings.base, MNT_DETACH);  // takes the mount along
  rmdir(settings.base);
  _exit(0);
}

void wait_if_leaving(void) {
  while (leaving) pause();
}

void start_watching_parent(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, watch_parent, NULL) != 0) exit(1);
  pthread_detach(thread);
}

// One request a connection. Only GET /pid is known.
static void answer(int client) {
  char text[1024];
  char body[32] = "";
  ssize_t length = read(client, text, sizeof text - 1);
  if (length <= 0) return;
  text[length] = '\0';
  bool known = strncmp(text, "GET /pid ", 9) == 0;
  if (known) snprintf(body, sizeof body, "pid: %d\n", getpid());
  dprintf(client, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
          known ? "200 OK" : "404 Not Found", strlen(body), body);
}

static void* serve_socket(void* listener) {
  for (;;) {
    int client = accept((int)(intptr_t)listener, NULL, NULL);
    if (client < 0) continue;
    answer(client);
    close(client);
  }
  return NULL;
}

void start_socket(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s/sock", settings.shadow);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  pthread_t thread;
  if (listener < 0 || bind(listener, (struct sockaddr*)&address, sizeof address) != 0 ||
      chmod(address.sun_path, 0660) != 0 || listen(listener, 8) != 0 ||
      pthread_create(&thread, NULL, serve_socket, (void*)(intptr_t)listener) != 0) {
    perror("socket");
    exit(1);
  }
  pthread_detach(thread);
}

#pragma once

// What the C yardsticks share.

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void fail(const char* what) {
  perror(what);
  exit(1);
}

static inline int open_file(const char* path) {
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) fail(path);
  return fd;
}

static inline uint64_t argument(int count, char** arguments, int index) {
  if (index >= count) {
    fprintf(stderr, "%s: argument %d is missing\n", arguments[0], index);
    exit(2);
  }
  return strtoull(arguments[index], NULL, 10);
}

static int compare_figures(const void* a, const void* b) {
  double left = *(const double*)a;
  double right = *(const double*)b;
  return (left > right) - (left < right);
}

static inline double median(double* figures, size_t count) {
  qsort(figures, count, sizeof *figures, compare_figures);
  return figures[count / 2];
}

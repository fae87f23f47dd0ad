// What the parts of the double of standalone famfs share; standalone_double.c says what it is.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The system call itself, past what this library puts in its place.
#define REAL(name, ...) syscall(SYS_##name, __VA_ARGS__)

// A second name of a function that is defined here: where off_t has 64 bits, glibc's are the same.
#define ALSO(name, function) __typeof__(function) name __attribute__((alias(#function)))

// Of which famfs. Whatever is not standalone is only told to fail.
enum kind { OLD, NEW, FUSE };
enum kind kind(void);

bool is_ours(int fd);
// With `parent`, also where the path itself is not there and its folder is ours.
bool path_is_ours(int at, const char* path, bool parent);

// The errno that an operation must fail with, 0 for none; fd -1 where no file is concerned.
int fault(const char* operation, int fd);

// The size that famfs's metadata give a file, -1 where it has none: then it was not made by famfs's command.
off_t mapped_size(int fd);
// The errno that access to the bytes meets, 0 for none.
int access_error(const char* operation, int fd);
// The same, of a path that may not be there.
bool path_is_mapped(int at, const char* path);

// errno and -1.
int fails(int error);

#pragma once

#include <cstdint>
#include <string>

#include "util/unique_fd.h"

namespace famfs::simulated {

// What the system refused.
struct SystemFailure {
  int error;
  const char* call;
};

// A whole file, open and mapped read-write.
class MappedFile {
 public:
  MappedFile() = default;
  // `size` above 0: the file is made where there is none, and its space reserved. Throws SystemFailure.
  MappedFile(const std::string& path, uint64_t size);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  int fd() const { return fd_.get(); }
  uint8_t* base() const { return base_; }

 private:
  UniqueFd fd_;
  uint8_t* base_ = nullptr;
  uint64_t size_ = 0;
};

// Keeps other openers out while a file is being prepared; the kernel ends it when the process dies.
class FileLock {
 public:
  explicit FileLock(int fd);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int fd_;
};

}  // namespace famfs::simulated

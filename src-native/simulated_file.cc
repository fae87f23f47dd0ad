#include "simulated_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

namespace famfs::simulated {
namespace {

void Reserve(int fd, uint64_t size) {
  int result;
  do {
    result = fallocate(fd, 0, 0, static_cast<off_t>(size));
  } while (result != 0 && errno == EINTR);
  if (result != 0) throw SystemFailure{errno, "fallocate"};
}

}  // namespace

MappedFile::MappedFile(const std::string& path, uint64_t size)
    : fd_(open(path.c_str(), O_RDWR | O_CLOEXEC | (size > 0 ? O_CREAT : 0), 0600)) {
  if (fd_.get() < 0) throw SystemFailure{errno, "open"};
  if (size > 0) Reserve(fd_.get(), size);
  struct stat status;
  if (fstat(fd_.get(), &status) != 0) throw SystemFailure{errno, "fstat"};
  size_ = static_cast<uint64_t>(status.st_size);
  void* base = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  if (base == MAP_FAILED) throw SystemFailure{errno, "mmap"};
  base_ = static_cast<uint8_t*>(base);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : fd_(std::move(other.fd_)), base_(std::exchange(other.base_, nullptr)), size_(other.size_) {}

MappedFile::~MappedFile() {
  if (base_ != nullptr) munmap(base_, size_);
}

FileLock::FileLock(int fd) : fd_(fd) {
  int result;
  do {
    result = flock(fd, LOCK_EX);
  } while (result != 0 && errno == EINTR);
  if (result != 0) throw SystemFailure{errno, "flock"};
}

FileLock::~FileLock() { flock(fd_, LOCK_UN); }

}  // namespace famfs::simulated

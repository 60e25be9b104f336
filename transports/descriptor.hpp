// SPDX-License-Identifier: MIT
// A file descriptor that closes itself, and one that wakes whoever polls it. For transports that
// speak to the kernel directly.
#pragma once

#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace peernet {

/// Owns a file descriptor. Thread: one at a time.
class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    if (this != &other)
      reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~descriptor() { reset(); }

  void reset(int fd = -1) noexcept {
    if (fd_ >= 0)
      ::close(fd_);
    fd_ = fd;
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

private:
  int fd_ = -1;
};

/// Readable from `ring` on until `silence`: wakes a thread that polls it. Thread: any.
class doorbell {
public:
  doorbell() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  /// Somebody else's, or none.
  explicit doorbell(descriptor fd) noexcept : fd_(std::move(fd)) {}

  void ring() const noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto n = ::write(fd_.get(), &one, sizeof one); // full: it rings already
  }
  void silence() const noexcept {
    std::uint64_t rings = 0;
    [[maybe_unused]] const auto n = ::read(fd_.get(), &rings, sizeof rings);
  }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

private:
  descriptor fd_;
};

} // namespace peernet

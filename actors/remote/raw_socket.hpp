// SPDX-License-Identifier: MIT
// Sending and receiving on a stream socket as it should have been: no SIGPIPE, not interrupted.
#pragma once

#include <cerrno>
#include <cstddef>
#include <sys/socket.h>
#include <sys/types.h>

namespace peernet {

/// As ::send.
inline ssize_t send_some(int fd, const void* from, std::size_t size, int flags = 0) noexcept {
  ssize_t n = 0;
  do
    n = ::send(fd, from, size, flags | MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  return n;
}

/// As ::recv.
inline ssize_t receive_some(int fd, void* into, std::size_t size, int flags = 0) noexcept {
  ssize_t n = 0;
  do
    n = ::recv(fd, into, size, flags);
  while (n < 0 && errno == EINTR);
  return n;
}

/// The errno of a call that would have had to wait.
constexpr bool is_wait(int code) noexcept {
  return code == EAGAIN || code == EWOULDBLOCK;
}

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "transports/udp/udp_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>

namespace peernet {

namespace {

/// At most so many datagrams a system call, and at most so many bytes of them, but always one:
/// enough that the call itself is a small part of the cost, little enough to stay in the cache.
constexpr std::size_t most_together = 64;
constexpr std::size_t most_bytes_together = 256 * 1024;

} // namespace

std::size_t together(std::size_t datagram) noexcept {
  return std::clamp<std::size_t>(most_bytes_together / datagram, 1, most_together);
}

error socket_error(const std::string& what) {
  return {errc::io, what + ": " + std::strerror(errno)};
}

descriptor open_udp(const numeric_address& at, int flags) noexcept {
  return descriptor(::socket(at.family(), SOCK_DGRAM | SOCK_CLOEXEC | flags, IPPROTO_UDP));
}

std::size_t ask_for_memory(int fd, int force, int plain, std::size_t bytes) noexcept {
  const auto wanted = static_cast<int>(std::min<std::size_t>(bytes, 1u << 30));
  if (!set_option(fd, SOL_SOCKET, force, wanted))
    set_option(fd, SOL_SOCKET, plain, wanted);
  int got = 0;
  socklen_t size = sizeof got;
  ::getsockopt(fd, SOL_SOCKET, plain, &got, &size);
  return static_cast<std::size_t>(got) / 2; // the kernel doubles it, for its own bookkeeping
}

std::size_t granted_receive_memory(std::size_t wanted) {
  const descriptor fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP));
  return fd.get() < 0 ? 0 : ask_for_memory(fd.get(), SO_RCVBUFFORCE, SO_RCVBUF, wanted);
}

} // namespace peernet

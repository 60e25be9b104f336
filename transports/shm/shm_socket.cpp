// SPDX-License-Identifier: MIT
#include "transports/shm/shm_socket.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/socket.h>
#include <sys/un.h>
#include <utility>

namespace peernet {

namespace {

constexpr int backlog = 4096; ///< all lanes to a stage come at once

error os_error(const std::string& what) {
  return {errc::io, what + ": " + std::strerror(errno)};
}

std::optional<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un a{};
  a.sun_family = AF_UNIX;
  if (path.size() >= sizeof a.sun_path)
    return std::nullopt;
  std::memcpy(a.sun_path, path.c_str(), path.size());
  return a;
}

/// Opens a socket and does `what` with it and the address.
template <class Do>
result<descriptor> open_at(const std::string& path, const std::string& doing, Do what) {
  const auto a = address_of(path);
  if (!a)
    return error{errc::io, doing + " " + path + ": the path is too long for a socket"};
  descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket || !what(socket.get(), reinterpret_cast<const sockaddr*>(&*a), sizeof *a))
    return os_error(doing + " " + path);
  return socket;
}

using control_space = std::array<char, CMSG_SPACE(shm_handed * sizeof(int))>;

} // namespace

result<descriptor> unix_listen(const std::string& path) {
  return open_at(path, "cannot bind the socket", [&](int fd, const sockaddr* a, socklen_t size) {
    ::unlink(path.c_str()); // of a process that was killed
    return ::bind(fd, a, size) == 0 && ::listen(fd, backlog) == 0;
  });
}

result<descriptor> unix_connect(const std::string& path) {
  return open_at(path, "cannot connect to", [](int fd, const sockaddr* a, socklen_t size) {
    return ::connect(fd, a, size) == 0;
  });
}

bool peer_is_ours(int socket) noexcept {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == ::geteuid() || peer.uid == 0);
}

result<void> hand_over(int socket, const shm_greeting& greeting, std::span<const int> files) {
  iovec part{const_cast<shm_greeting*>(&greeting), sizeof greeting};
  alignas(cmsghdr) control_space space{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!files.empty()) {
    message.msg_control = space.data();
    message.msg_controllen = CMSG_SPACE(files.size_bytes());
    auto* const c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(files.size_bytes());
    std::memcpy(CMSG_DATA(c), files.data(), files.size_bytes());
  }
  const auto n = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n == static_cast<ssize_t>(sizeof greeting))
    return {};
  return n < 0 ? os_error("cannot greet") : error{errc::io, "cannot greet in one piece"};
}

result<std::vector<descriptor>> take_over(int socket) {
  shm_greeting greeting;
  iovec part{&greeting, sizeof greeting};
  alignas(cmsghdr) control_space space{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  const auto n = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
    return error{errc::would_block, "nothing was said yet"};
  std::vector<descriptor> files; // whatever came is ours to close
  for (auto* c = n < 0 ? nullptr : CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
      continue;
    const auto count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
      files.emplace_back(fd);
    }
  }
  if (n != static_cast<ssize_t>(sizeof greeting) || (message.msg_flags & MSG_CTRUNC) != 0 ||
      greeting != shm_greeting{} || files.size() != shm_handed)
    return error{errc::refused, "the other side does not speak PeerNet's shm of version " +
                                    std::to_string(shm_version)};
  return files;
}

bool is_bell(int fd) {
  constexpr std::string_view bell = "anon_inode:[eventfd]";
  std::array<char, 64> name;
  const auto n =
      ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), name.data(), name.size());
  return n > 0 && std::string_view(name.data(), static_cast<std::size_t>(n)) == bell &&
         ::fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

} // namespace peernet

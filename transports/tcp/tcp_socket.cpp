// SPDX-License-Identifier: MIT
#include "transports/tcp/tcp_socket.hpp"

#include "runtime/core/address.hpp"
#include "transports/numeric_address.hpp"

#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace peernet {

namespace {

/// Connections that may wait to be accepted. All lanes to a stage come at once; the kernel has a
/// limit of its own.
constexpr int most_waiting = 4096;

descriptor open_socket(const numeric_address& a) {
  return descriptor(::socket(a.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
}

template <class Option>
void set(int socket, int level, int name, Option value) noexcept {
  ::setsockopt(socket, level, name, &value, sizeof value);
}

error os_error(const std::string& what) {
  return {errc::io, what + ": " + errno_text(errno)};
}

template <class Call>
ssize_t not_interrupted(Call call) noexcept {
  ssize_t n = 0;
  do
    n = call();
  while (n < 0 && errno == EINTR);
  return n;
}

} // namespace

std::string address_and_port(const std::string& address, std::uint16_t port) {
  return bracketed(address) + ":" + std::to_string(port);
}

std::string errno_text(int code) {
  char text[256];
  return ::strerror_r(code, text, sizeof text);
}

result<descriptor> tcp_listen(const std::string& address, std::uint16_t port) {
  const auto where = "TCP port " + (port == 0 ? "*" : std::to_string(port)) + " on " + address;
  const auto a = numeric_address::read(address, port);
  if (!a)
    return error{errc::io, "cannot bind " + where + ": it is no IP address"};
  auto socket = open_socket(*a);
  if (!socket)
    return os_error("cannot open a socket for " + where);
  set(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1); // connections of an earlier run may linger
  if (a->family() == AF_INET6)
    set(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (::bind(socket.get(), a->get(), a->size) != 0 || ::listen(socket.get(), most_waiting) != 0)
    return os_error("cannot bind " + where);
  return socket;
}

std::uint16_t tcp_port_of(int socket) noexcept {
  return numeric_address::of(socket).port();
}

result<descriptor> tcp_begin_connect(const std::string& address, std::uint16_t port) {
  const auto a = numeric_address::read(address, port);
  if (!a)
    return error{errc::io, "cannot connect to \"" + address + "\": it is no IP address"};
  auto socket = open_socket(*a);
  if (!socket)
    return os_error("cannot open a socket");
  if (::connect(socket.get(), a->get(), a->size) != 0 && errno != EINPROGRESS)
    return error{errc::io, errno_text(errno)};
  return socket;
}

int tcp_error(int socket) noexcept {
  int code = 0;
  socklen_t size = sizeof code;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno;
}

void tune_connection(int socket, bool sends) noexcept {
  // A machine that is switched off says nothing: the kernel asks it.
  constexpr int asks = 3;
  set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(socket, IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(tcp_dead_after.count()));
  set(socket, IPPROTO_TCP, TCP_KEEPINTVL, static_cast<int>(tcp_dead_after.count()) / asks);
  set(socket, IPPROTO_TCP, TCP_KEEPCNT, asks);
  set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  if (!sends)
    return;
  set(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, tcp_unsent_bytes);
  set(socket, IPPROTO_TCP, TCP_USER_TIMEOUT,
      static_cast<unsigned>(std::chrono::milliseconds(tcp_dead_after).count()));
}

void allow_waiting(int socket, std::chrono::milliseconds longest) noexcept {
  const timeval most{.tv_sec = longest.count() / 1000, .tv_usec = longest.count() % 1000 * 1000};
  set(socket, SOL_SOCKET, SO_RCVTIMEO, most);
  ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) & ~O_NONBLOCK);
}

ssize_t send_some(int socket, std::span<iovec> parts) noexcept {
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return not_interrupted([&] { return ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT); });
}

ssize_t receive_some(int socket, std::span<iovec> parts, bool wait) noexcept {
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return not_interrupted([&] { return ::recvmsg(socket, &message, wait ? 0 : MSG_DONTWAIT); });
}

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "actors/remote/dial.hpp"

#include "actors/remote/ready.hpp"
#include "runtime/core/address.hpp"
#include "runtime/core/thread.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace peernet {

namespace {

struct descriptor {
  int fd = -1;
  descriptor() = default;
  explicit descriptor(int taken) : fd(taken) {}
  descriptor(descriptor&& other) noexcept : fd(std::exchange(other.fd, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd, other.fd);
    return *this;
  }
  ~descriptor() {
    if (fd >= 0)
      ::close(fd);
  }
  int release() { return std::exchange(fd, -1); }
};

struct freed {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};
using addresses = std::unique_ptr<addrinfo, freed>;

std::string point(const std::string& host, std::uint16_t port) {
  return bracketed(host) + ":" + std::to_string(port);
}

/// getaddrinfo's code, and what it found.
std::pair<int, addresses> look_up(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  return {code, addresses(code == 0 ? found : nullptr)};
}

/// The answer for a name. The resolver takes the time it wants and cannot be stopped: it runs in a
/// thread that is left behind when the deadline passes, and ends by the resolver's own timeouts.
std::optional<std::pair<int, addresses>> resolve(const std::string& host, std::uint16_t port,
                                                 const wait_limit& limit) {
  struct question {
    descriptor answered{::eventfd(0, EFD_CLOEXEC)};
    std::mutex mutex;
    std::pair<int, addresses> answer{EAI_AGAIN, nullptr};
  };
  const auto asked = std::make_shared<question>();
  if (asked->answered.fd < 0)
    return std::pair{EAI_SYSTEM, addresses()};
  std::thread([asked, host, port] {
    prepare_this_thread("resolver");
    auto answer = look_up(host, port, 0);
    {
      const std::lock_guard lock(asked->mutex);
      asked->answer = std::move(answer);
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto n = ::write(asked->answered.fd, &one, sizeof one);
  }).detach();
  if (!wait_until_ready(asked->answered.fd, POLLIN, limit))
    return std::nullopt;
  const std::lock_guard lock(asked->mutex);
  return std::move(asked->answer);
}

bool same_ends(int fd) {
  const auto here = local_end(fd), there = remote_end(fd);
  return here.port == there.port && here.address == there.address;
}

/// 0 and a descriptor, or errno.
int connect_to(const addrinfo& at, const wait_limit& limit, descriptor& connected) {
  descriptor made(
      ::socket(at.ai_family, at.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at.ai_protocol));
  if (made.fd < 0)
    return errno;
  if (::connect(made.fd, at.ai_addr, at.ai_addrlen) != 0) {
    if (errno != EINPROGRESS && errno != EINTR)
      return errno;
    if (!wait_until_ready(made.fd, POLLOUT, limit))
      return limit.interrupted() ? ECANCELED : ETIMEDOUT;
    int code = 0;
    socklen_t size = sizeof code;
    if (::getsockopt(made.fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0)
      return errno;
    if (code != 0)
      return code;
  }
  // Where nobody listens on one of this machine's own passing ports, TCP may meet itself.
  if (same_ends(made.fd))
    return ECONNREFUSED;
  const int on = 1;
  ::setsockopt(made.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::fcntl(made.fd, F_SETFL, 0) != 0)
    return errno;
  connected = std::move(made);
  return 0;
}

error cannot_connect(const std::string& host, std::uint16_t port, int code) {
  const auto where = point(host, port);
  if (code == ECONNREFUSED)
    return {errc::absent, "nobody listens at " + where + ": is it running there, at this address?"};
  if (code == ECANCELED)
    return {errc::closed, "interrupted while connecting to " + where};
  if (code == ETIMEDOUT)
    return {errc::timeout, "no answer from " + where +
                               ": is the machine on, and does its firewall let this port through?"};
  if (code == EHOSTUNREACH || code == ENETUNREACH || code == EHOSTDOWN || code == ENETDOWN)
    return {errc::timeout, "there is no way to " + where + " (" + std::strerror(code) +
                               "): is the machine on, and are both on one network?"};
  return {errc::io, "cannot connect to " + where + ": " + std::strerror(code)};
}

socket_address address_of(const sockaddr_storage& at) {
  char text[INET6_ADDRSTRLEN + IF_NAMESIZE] = "";
  if (at.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(at);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return {text, ntohs(v4.sin_port)};
  }
  if (at.ss_family != AF_INET6)
    return {};
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(at);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) // a listener on [::] takes both kinds
    ::inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12, text, sizeof text);
  else
    ::getnameinfo(reinterpret_cast<const sockaddr*>(&at), sizeof v6, text, sizeof text, nullptr, 0,
                  NI_NUMERICHOST); // with its scope: fe80::1%eth0
  return {text, ntohs(v6.sin6_port)};
}

} // namespace

result<int> dial(const std::string& host, std::uint16_t port, const wait_limit& limit) {
  auto found = look_up(host, port, AI_NUMERICHOST);
  if (found.first != 0 && !host.empty()) {
    auto answer = resolve(host, port, limit);
    if (!answer)
      return limit.interrupted()
                 ? cannot_connect(host, port, ECANCELED)
                 : error{errc::timeout, "no name server told the address of " + host + " in time"};
    found = *std::move(answer);
  }
  if (found.first != 0 || !found.second)
    return error{errc::not_found, "no address is known for \"" + host + "\" (port " +
                                      std::to_string(port) + "): " + ::gai_strerror(found.first)};
  std::int64_t left = 0;
  for (const auto* at = found.second.get(); at; at = at->ai_next)
    ++left;
  int why = 0;
  for (const auto* at = found.second.get(); at; at = at->ai_next, --left) {
    const auto now = clock::machine_now();
    descriptor connected;
    // An address that never answers leaves the others their share of the time.
    const wait_limit share{now + (limit.deadline - now) / left, limit.interrupts};
    const int code = connect_to(*at, share, connected);
    if (code == 0)
      return connected.release();
    if (code == ECANCELED)
      return cannot_connect(host, port, code);
    if (why == 0 || code != ENETUNREACH) // no IPv6 here says nothing about the peer
      why = code;
  }
  return cannot_connect(host, port, why);
}

result<int> listen_at(const std::string& address, std::uint16_t port) {
  const auto where = point(address, port);
  const auto failed = [&](const std::string& why) {
    return error{errc::io, "cannot listen at " + where + ": " + why};
  };
  const auto found = look_up(address, port, AI_NUMERICHOST | AI_PASSIVE);
  if (address.empty() || !found.second)
    return failed(
        "write an address of this machine, such as 10.0.0.5 or ::1 (0.0.0.0: all of them)");
  descriptor made(::socket(found.second->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (made.fd < 0)
    return failed(std::strerror(errno));
  // Connections of the listener before this one may still be dying.
  ::setsockopt(made.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(made.fd, found.second->ai_addr, found.second->ai_addrlen) != 0 ||
      ::listen(made.fd, SOMAXCONN) != 0)
    switch (errno) {
    case EADDRINUSE:
      return failed("the port is in use (by another peernet-node?): choose another, or 0 for any");
    case EADDRNOTAVAIL:
      return failed("this machine has no such address");
    case EACCES:
      return failed("ports below 1024 need root: choose a higher one");
    default:
      return failed(std::strerror(errno));
    }
  return made.release();
}

std::uint32_t path_mtu(int fd) {
  int mtu = 0;
  socklen_t size = sizeof mtu;
  const auto level =
      local_end(fd).address.find(':') == std::string::npos ? IPPROTO_IP : IPPROTO_IPV6;
  const auto option = level == IPPROTO_IP ? IP_MTU : IPV6_MTU;
  return ::getsockopt(fd, level, option, &mtu, &size) == 0 && mtu > 0
             ? static_cast<std::uint32_t>(mtu)
             : 0;
}

socket_address local_end(int fd) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  return ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0 ? address_of(at)
                                                                         : socket_address{};
}

socket_address remote_end(int fd) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  return ::getpeername(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0 ? address_of(at)
                                                                         : socket_address{};
}

} // namespace peernet

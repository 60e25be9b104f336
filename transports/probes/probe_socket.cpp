// SPDX-License-Identifier: MIT
#include "transports/probes/probe_socket.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <netdb.h>
#include <unistd.h>
#include <utility>

namespace peernet {

namespace {

/// Some hundred probes: enough for every burst, little for a flood to fill.
constexpr int receive_memory = 256 * 1024;

error os_error(const std::string& what) {
  return {errc::io, what + ": " + std::strerror(errno)};
}

template <class Option>
bool set(int descriptor, int level, int name, Option value) noexcept {
  return ::setsockopt(descriptor, level, name, &value, sizeof value) == 0;
}

std::optional<std::int64_t> kernel_stamp(msghdr& message) noexcept {
  for (auto* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
      continue;
    timespec ts;
    std::memcpy(&ts, CMSG_DATA(c), sizeof ts);
    return static_cast<std::int64_t>(ts.tv_sec) * 1'000'000'000 + ts.tv_nsec;
  }
  return std::nullopt;
}

} // namespace

result<udp_address> udp_address::resolve(const std::string& host, std::uint16_t port, int family) {
  addrinfo wanted{}, *found = nullptr;
  wanted.ai_family = family;
  wanted.ai_socktype = SOCK_DGRAM;
  const auto code = ::getaddrinfo(host.c_str(), nullptr, &wanted, &found);
  if (code != 0)
    return error{errc::not_found,
                 "\"" + host + "\" is no address that can be used here: " + ::gai_strerror(code)};
  udp_address a;
  a.size_ = found->ai_addrlen;
  std::memcpy(&a.store_, found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  (a.family() == AF_INET ? a.store_.v4.sin_port : a.store_.v6.sin6_port) = htons(port);
  return a;
}

bool udp_address::wildcard() const noexcept {
  return family() == AF_INET ? store_.v4.sin_addr.s_addr == INADDR_ANY
                             : IN6_IS_ADDR_UNSPECIFIED(&store_.v6.sin6_addr);
}

std::string udp_address::host() const {
  char text[NI_MAXHOST];
  if (::getnameinfo(&store_.any, size_, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0)
    return "?";
  return text;
}

std::uint16_t udp_address::port() const noexcept {
  return ntohs(family() == AF_INET ? store_.v4.sin_port : store_.v6.sin6_port);
}

bool udp_address::operator==(const udp_address& other) const noexcept {
  if (family() != other.family())
    return false;
  if (family() == AF_INET)
    return store_.v4.sin_port == other.store_.v4.sin_port &&
           store_.v4.sin_addr.s_addr == other.store_.v4.sin_addr.s_addr;
  return store_.v6.sin6_port == other.store_.v6.sin6_port &&
         store_.v6.sin6_scope_id == other.store_.v6.sin6_scope_id &&
         IN6_ARE_ADDR_EQUAL(&store_.v6.sin6_addr, &other.store_.v6.sin6_addr);
}

result<probe_socket> probe_socket::bind(const std::string& host, std::uint16_t port) {
  auto at = udp_address::resolve(host, port);
  if (!at)
    return at.error();
  if (at->wildcard())
    return error{errc::bad_scenario, "clock probes cannot be bound to the wildcard " + host +
                                         ": name one address of this machine"};
  const auto place = host + " port " + std::to_string(port);
  probe_socket s(::socket(at->family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP));
  if (s.descriptor_ < 0)
    return os_error("cannot open a UDP socket for " + place);
  if (!set(s.descriptor_, SOL_SOCKET, SO_TIMESTAMPNS, 1) ||
      !set(s.descriptor_, SOL_SOCKET, SO_RCVBUF, receive_memory))
    return os_error("cannot set up the UDP socket for " + place);
  if (::bind(s.descriptor_, &at->store_.any, at->size_) != 0)
    return os_error("cannot bind clock probes to UDP " + place);
  s.where_.size_ = sizeof s.where_.store_;
  if (::getsockname(s.descriptor_, &s.where_.store_.any, &s.where_.size_) != 0)
    return os_error("cannot learn the UDP port bound on " + host);
  return s;
}

probe_socket::probe_socket(probe_socket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), where_(other.where_) {}

probe_socket::~probe_socket() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

std::optional<probe_socket::received> probe_socket::receive(std::span<std::byte> into) noexcept {
  received r;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(timespec))];
  iovec where{into.data(), into.size()};
  msghdr message{};
  message.msg_name = &r.from.store_;
  message.msg_namelen = sizeof r.from.store_;
  message.msg_iov = &where;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const auto n = ::recvmsg(descriptor_, &message, MSG_DONTWAIT | MSG_TRUNC);
  if (n < 0)
    return std::nullopt;
  r.size = static_cast<std::size_t>(n);
  r.from.size_ = message.msg_namelen;
  r.wall_ns = kernel_stamp(message);
  return r;
}

bool probe_socket::send(std::span<const std::byte> datagram, const udp_address& to) noexcept {
  const auto n = ::sendto(descriptor_, datagram.data(), datagram.size(),
                          MSG_DONTWAIT | MSG_NOSIGNAL, &to.store_.any, to.size_);
  return n == static_cast<ssize_t>(datagram.size());
}

} // namespace peernet

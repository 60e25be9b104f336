// SPDX-License-Identifier: MIT
#include "transports/udp/udp_receive_socket.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <utility>
#include <vector>

namespace peernet {

namespace {

/// To look for a second datagram costs as much as a short system call, and often there is none: a
/// call asks for one, and for so many times more whenever the last one got all it asked for.
constexpr std::size_t growth = 4;

// The calls for many cost about 0.1 µs more than those for one.

/// How many of these came.
std::size_t receive(int fd, std::span<mmsghdr> into, int flags) noexcept {
  if (into.size() > 1) {
    const int n = ::recvmmsg(fd, into.data(), static_cast<unsigned>(into.size()),
                             flags | MSG_WAITFORONE, nullptr);
    return static_cast<std::size_t>(std::max(n, 0));
  }
  const auto size = ::recvmsg(fd, &into[0].msg_hdr, flags);
  into[0].msg_len = static_cast<unsigned>(std::max<ssize_t>(size, 0));
  return size < 0 ? 0 : 1;
}

} // namespace

/// Where the kernel puts what it hands over.
struct udp_receive_socket::batch {
  struct alignas(cmsghdr) control {
    std::array<char, CMSG_SPACE(sizeof(timespec))> bytes;
  };

  explicit batch(std::size_t size)
      : datagram(size),
        most(together(size)),
        messages(most),
        parts(most),
        from(most),
        controls(most),
        buffers(most) {}

  /// Makes ready again what the last call used.
  void refill() {
    for (std::size_t i = 0; i < used; ++i) {
      if (buffers[i].capacity() == 0)
        buffers[i] = buffer::acquire(datagram);
      parts[i] = {buffers[i].data(), datagram};
      auto& m = messages[i].msg_hdr;
      m = {};
      m.msg_name = from[i].get();
      m.msg_namelen = sizeof from[i].store;
      m.msg_iov = &parts[i];
      m.msg_iovlen = 1;
      m.msg_control = controls[i].bytes.data();
      m.msg_controllen = controls[i].bytes.size();
    }
  }

  const std::size_t datagram;
  const std::size_t most;
  std::size_t used = most;
  std::size_t wanted = 1; ///< by the next call
  std::vector<mmsghdr> messages;
  std::vector<iovec> parts;
  std::vector<numeric_address> from;
  std::vector<control> controls;
  std::vector<buffer> buffers;
};

udp_receive_socket::udp_receive_socket(descriptor fd, std::size_t datagram)
    : fd_(std::move(fd)), batch_(std::make_unique<batch>(datagram)) {}
udp_receive_socket::udp_receive_socket(udp_receive_socket&&) noexcept = default;
udp_receive_socket::~udp_receive_socket() = default;

result<udp_receive_socket> udp_receive_socket::bind(const std::string& address, port_range ports,
                                                    std::size_t datagram, std::size_t memory) {
  return first_free(ports, [&](std::uint16_t port) -> result<udp_receive_socket> {
    const auto place =
        "UDP port " + (port == 0 ? std::string("*") : std::to_string(port)) + " on " + address;
    auto at = numeric_address::read(address, port);
    if (!at)
      return error{at.error().code, "cannot bind " + place + ": " + at.error().message};
    udp_receive_socket s(open_udp(*at, 0), datagram);
    if (s.fd() < 0)
      return socket_error("cannot open a socket for " + place);
    if (!set_option(s.fd(), SOL_SOCKET, SO_TIMESTAMPNS, 1))
      return socket_error("cannot have datagrams stamped on " + place);
    if (!at->v4())
      set_option(s.fd(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
    s.memory_ = ask_for_memory(s.fd(), SO_RCVBUFFORCE, SO_RCVBUF, memory);
    if (::bind(s.fd(), at->get(), at->size) != 0)
      return socket_error("cannot bind " + place);
    return s;
  });
}

endpoint udp_receive_socket::where() const {
  const auto at = numeric_address::of(fd());
  return {.address = at.host(), .port = at.port()};
}

std::size_t udp_receive_socket::take(duration patience) {
  batch_->refill();
  int flags = 0;
  if (patience <= duration{0}) {
    flags = MSG_DONTWAIT;
  } else if (std::exchange(timeout_, patience) != patience) {
    const auto us = std::max<std::int64_t>(patience.count() / 1000, 1);
    set_option(fd(), SOL_SOCKET, SO_RCVTIMEO,
               timeval{.tv_sec = us / 1'000'000, .tv_usec = us % 1'000'000});
  }
  const auto taken = receive(fd(), std::span(batch_->messages).first(batch_->wanted), flags);
  batch_->used = std::max<std::size_t>(taken, 1);
  batch_->wanted = taken < batch_->wanted ? 1 : std::min(taken * growth, batch_->most);
  return taken;
}

buffer& udp_receive_socket::bytes(std::size_t i) noexcept {
  batch_->buffers[i].shrink(batch_->messages[i].msg_len);
  return batch_->buffers[i];
}

bool udp_receive_socket::cut_short(std::size_t i) const noexcept {
  return (batch_->messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
}

std::optional<std::int64_t> udp_receive_socket::wall_ns(std::size_t i) const noexcept {
  auto& message = batch_->messages[i].msg_hdr;
  for (auto* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
      continue;
    timespec ts;
    std::memcpy(&ts, CMSG_DATA(c), sizeof ts);
    return static_cast<std::int64_t>(ts.tv_sec) * 1'000'000'000 + ts.tv_nsec;
  }
  return std::nullopt;
}

void udp_receive_socket::answer(std::size_t i, std::span<const std::byte> answer) noexcept {
  const auto& message = batch_->messages[i].msg_hdr;
  (void)::sendto(fd(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                 batch_->from[i].get(), message.msg_namelen);
}

void udp_receive_socket::interrupt() noexcept {
  // Says that it is not connected, and wakes whoever waits all the same.
  ::shutdown(fd(), SHUT_RD);
}

std::uint64_t udp_receive_socket::dropped() const noexcept {
  std::array<std::uint32_t, SK_MEMINFO_VARS> figures{};
  socklen_t size = sizeof figures;
  if (::getsockopt(fd(), SOL_SOCKET, SO_MEMINFO, figures.data(), &size) != 0)
    return 0;
  return figures[SK_MEMINFO_DROPS];
}

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "transports/udp/udp_socket.hpp"

#include "runtime/core/address.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <linux/sock_diag.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace peernet {

namespace {

/// At most so many datagrams a system call, and at most so many bytes of them, but always one:
/// enough that the call itself is a small part of the cost, little enough to stay in the cache.
constexpr std::size_t most_together = 64;
constexpr std::size_t most_bytes_together = 256 * 1024;

/// To look for a second datagram costs as much as a short system call, and often there is none: a
/// call asks for one, and for so many times more whenever the last one got all it asked for.
constexpr std::size_t growth = 4;

constexpr std::size_t batch_of(std::size_t datagram) {
  return std::clamp<std::size_t>(most_bytes_together / datagram, 1, most_together);
}

error os_error(const std::string& what) {
  return {errc::io, what + ": " + std::strerror(errno)};
}

template <class Option>
bool set(int fd, int level, int name, const Option& value) noexcept {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/// Asks for a buffer, past the system's limit if we may; what we got, in the unit that was asked
/// in.
std::size_t ask_for_memory(int fd, int force, int plain, std::size_t bytes) noexcept {
  const auto wanted = static_cast<int>(std::min<std::size_t>(bytes, 1u << 30));
  if (!set(fd, SOL_SOCKET, force, wanted))
    set(fd, SOL_SOCKET, plain, wanted);
  int got = 0;
  socklen_t size = sizeof got;
  ::getsockopt(fd, SOL_SOCKET, plain, &got, &size);
  return static_cast<std::size_t>(got) / 2; // the kernel doubles it, for its own bookkeeping
}

struct socket_address {
  sockaddr_storage store{};
  socklen_t size = sizeof store;

  [[nodiscard]] const sockaddr* get() const noexcept {
    return reinterpret_cast<const sockaddr*>(&store);
  }
  [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&store); }
  [[nodiscard]] bool v4() const noexcept { return store.ss_family == AF_INET; }
  [[nodiscard]] std::uint16_t port() const noexcept {
    return ntohs(v4() ? reinterpret_cast<const sockaddr_in&>(store).sin_port
                      : reinterpret_cast<const sockaddr_in6&>(store).sin6_port);
  }
};

result<socket_address> resolve(const std::string& host, std::uint16_t port) {
  addrinfo wanted{}, *found = nullptr;
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_DGRAM;
  wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  if (const auto code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
      code != 0)
    return error{errc::io, "\"" + host + "\" is no IP address: " + ::gai_strerror(code)};
  socket_address a;
  a.size = found->ai_addrlen;
  std::memcpy(&a.store, found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  return a;
}

int open_socket(const socket_address& at, int flags) noexcept {
  return ::socket(at.store.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | flags, IPPROTO_UDP);
}

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

/// How many of these left; if none, errno says why.
std::size_t hand_over(int fd, std::span<mmsghdr> these) noexcept {
  constexpr int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  if (these.size() == 1) {
    const auto& only = these[0].msg_hdr.msg_iov[0];
    return ::send(fd, only.iov_base, only.iov_len, flags) < 0 ? 0 : 1;
  }
  const int n = ::sendmmsg(fd, these.data(), static_cast<unsigned>(these.size()), flags);
  return static_cast<std::size_t>(std::max(n, 0));
}

bool wait_for(int fd, short what, duration patience) noexcept {
  pollfd item{fd, what, 0};
  const auto ns = std::max<std::int64_t>(patience.count(), 0);
  const timespec most{.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
  return ::ppoll(&item, 1, &most, nullptr) > 0;
}

} // namespace

owned_descriptor::~owned_descriptor() {
  if (fd_ >= 0)
    ::close(fd_);
}

std::size_t granted_receive_memory(std::size_t wanted) {
  const owned_descriptor fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP));
  return fd.get() < 0 ? 0 : ask_for_memory(fd.get(), SO_RCVBUFFORCE, SO_RCVBUF, wanted);
}

// -- receiving ------------------------------------------------------------------------------------

/// Where the kernel puts what it hands over.
struct udp_receive_socket::batch {
  struct alignas(cmsghdr) control {
    std::array<char, CMSG_SPACE(sizeof(timespec))> bytes;
  };

  explicit batch(std::size_t size)
      : datagram(size),
        most(batch_of(size)),
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
  std::vector<socket_address> from;
  std::vector<control> controls;
  std::vector<buffer> buffers;
};

udp_receive_socket::udp_receive_socket(owned_descriptor fd, std::size_t datagram)
    : fd_(std::move(fd)), batch_(std::make_unique<batch>(datagram)) {}
udp_receive_socket::udp_receive_socket(udp_receive_socket&&) noexcept = default;
udp_receive_socket::~udp_receive_socket() = default;

result<udp_receive_socket> udp_receive_socket::bind(const std::string& address, port_range ports,
                                                    std::size_t datagram, std::size_t memory) {
  return first_free(ports, [&](std::uint16_t port) -> result<udp_receive_socket> {
    const auto place =
        "UDP port " + (port == 0 ? std::string("*") : std::to_string(port)) + " on " + address;
    auto at = resolve(address, port);
    if (!at)
      return error{at.error().code, "cannot bind " + place + ": " + at.error().message};
    udp_receive_socket s(owned_descriptor(open_socket(*at, 0)), datagram);
    if (s.descriptor() < 0)
      return os_error("cannot open a socket for " + place);
    if (!set(s.descriptor(), SOL_SOCKET, SO_TIMESTAMPNS, 1))
      return os_error("cannot have datagrams stamped on " + place);
    if (!at->v4())
      set(s.descriptor(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
    s.memory_ = ask_for_memory(s.descriptor(), SO_RCVBUFFORCE, SO_RCVBUF, memory);
    if (::bind(s.descriptor(), at->get(), at->size) != 0)
      return os_error("cannot bind " + place);
    return s;
  });
}

endpoint udp_receive_socket::where() const {
  socket_address at;
  ::getsockname(descriptor(), at.get(), &at.size);
  char text[NI_MAXHOST] = {};
  ::getnameinfo(at.get(), at.size, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  return {.address = text, .port = at.port()};
}

std::size_t udp_receive_socket::take(duration patience) {
  batch_->refill();
  int flags = 0;
  if (patience <= duration{0}) {
    flags = MSG_DONTWAIT;
  } else if (std::exchange(timeout_, patience) != patience) {
    const auto us = std::max<std::int64_t>(patience.count() / 1000, 1);
    set(descriptor(), SOL_SOCKET, SO_RCVTIMEO,
        timeval{.tv_sec = us / 1'000'000, .tv_usec = us % 1'000'000});
  }
  const auto taken =
      receive(descriptor(), std::span(batch_->messages).first(batch_->wanted), flags);
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
  (void)::sendto(descriptor(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                 batch_->from[i].get(), message.msg_namelen);
}

void udp_receive_socket::interrupt() noexcept {
  // Says that it is not connected, and wakes whoever waits all the same.
  ::shutdown(descriptor(), SHUT_RD);
}

std::uint64_t udp_receive_socket::dropped() const noexcept {
  std::array<std::uint32_t, SK_MEMINFO_VARS> figures{};
  socklen_t size = sizeof figures;
  if (::getsockopt(descriptor(), SOL_SOCKET, SO_MEMINFO, figures.data(), &size) != 0)
    return 0;
  return figures[SK_MEMINFO_DROPS];
}

// -- sending --------------------------------------------------------------------------------------

struct udp_send_socket::batch {
  explicit batch(std::size_t size)
      : datagram(size),
        most(batch_of(size)),
        bytes(std::make_unique<std::byte[]>(most * size)),
        messages(most),
        parts(most) {
    for (std::size_t i = 0; i < most; ++i) {
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
  }

  const std::size_t datagram;
  const std::size_t most;
  const std::unique_ptr<std::byte[]> bytes;
  std::vector<mmsghdr> messages;
  std::vector<iovec> parts;
};

udp_send_socket::udp_send_socket(owned_descriptor fd, std::size_t datagram, bool v4)
    : fd_(std::move(fd)), header_bytes_(v4 ? 28 : 48), batch_(std::make_unique<batch>(datagram)) {}
udp_send_socket::udp_send_socket(udp_send_socket&&) noexcept = default;
udp_send_socket::~udp_send_socket() = default;

result<udp_send_socket> udp_send_socket::connect(const std::string& address, std::uint16_t port,
                                                 std::size_t datagram, std::size_t memory) {
  const auto place = "UDP " + bracketed(address) + ":" + std::to_string(port);
  const auto to = resolve(address, port);
  if (!to)
    return error{to.error().code, "cannot connect to " + place + ": " + to.error().message};
  udp_send_socket s(owned_descriptor(open_socket(*to, SOCK_NONBLOCK)), datagram, to->v4());
  const auto fd = s.fd_.get();
  if (fd < 0)
    return os_error("cannot open a socket towards " + place);
  const bool whole = to->v4() ? set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
                              : set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO) &&
                                    set(fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
  if (!whole)
    return os_error("cannot forbid that datagrams to " + place + " are cut");
  ask_for_memory(fd, SO_SNDBUFFORCE, SO_SNDBUF, memory);
  if (::connect(fd, to->get(), to->size) != 0)
    return os_error("cannot connect to " + place);
  return s;
}

std::span<std::byte> udp_send_socket::room(std::size_t i) noexcept {
  return {batch_->bytes.get() + i * batch_->datagram, batch_->datagram};
}

std::size_t udp_send_socket::batch_size() const noexcept {
  return batch_->most;
}

udp_send_socket::sent udp_send_socket::send(std::span<const std::size_t> sizes) noexcept {
  for (std::size_t i = 0; i < sizes.size(); ++i)
    batch_->parts[i] = {room(i).data(), sizes[i]};
  sent s;
  while (s.accepted < sizes.size()) {
    const auto left = std::span(batch_->messages).first(sizes.size()).subspan(s.accepted);
    if (const auto n = hand_over(fd_.get(), left); n > 0) {
      s.accepted += n;
    } else if (errno == EAGAIN) {
      s.how = status::no_room;
      return s;
    } else if (errno == EMSGSIZE) {
      s.how = status::too_long;
      return s;
    } else if (errno != EINTR && errno != ECONNREFUSED) {
      ++s.accepted; // the network would have lost it, too; the link's reconciliation finds it
      ++s.refused;
    } // else an earlier one met nobody, or a signal came; this one was not tried
  }
  return s;
}

bool udp_send_socket::wait_room(duration patience) const noexcept {
  return wait_for(fd_.get(), POLLOUT, patience);
}

bool udp_send_socket::wait_answer(duration patience) const noexcept {
  return wait_for(fd_.get(), POLLIN, patience);
}

std::optional<std::size_t> udp_send_socket::take_answer(std::span<std::byte> into) noexcept {
  for (;;) {
    const auto n = ::recv(fd_.get(), into.data(), into.size(), MSG_DONTWAIT);
    if (n >= 0)
      return static_cast<std::size_t>(n);
    if (errno != EINTR && errno != ECONNREFUSED)
      return std::nullopt;
  } // an ICMP message about what was sent; each call takes one of them away
}

std::size_t udp_send_socket::largest_payload() const noexcept {
  int mtu = 0;
  socklen_t size = sizeof mtu;
  const bool v4 = header_bytes_ == 28;
  if (::getsockopt(fd_.get(), v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_MTU : IPV6_MTU, &mtu,
                   &size) != 0)
    return 0;
  const auto bytes = static_cast<std::size_t>(mtu);
  return bytes > header_bytes_ ? bytes - header_bytes_ : 0;
}

} // namespace peernet

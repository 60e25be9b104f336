// SPDX-License-Identifier: MIT
#include "transports/udp/udp_send_socket.hpp"

#include "runtime/core/address.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <vector>

namespace peernet {

namespace {

/// The largest piece that the kernel cuts into datagrams: as long as an IPv4 packet may be.
constexpr std::size_t most_bytes_cut = 65'507;

constexpr int never_wait = MSG_DONTWAIT | MSG_NOSIGNAL;

/// How many of these left; if none, errno says why.
std::size_t hand_over(int fd, std::span<mmsghdr> these) noexcept {
  if (these.size() == 1) {
    const auto& only = these[0].msg_hdr.msg_iov[0];
    return ::send(fd, only.iov_base, only.iov_len, never_wait) < 0 ? 0 : 1;
  }
  const int n = ::sendmmsg(fd, these.data(), static_cast<unsigned>(these.size()), never_wait);
  return static_cast<std::size_t>(std::max(n, 0));
}

/// Gives the kernel datagrams of this size that lie one behind the other, the last maybe shorter,
/// in one piece: it carries them so as far as it can, and cuts them there. False: errno says why
/// none left.
bool hand_over_in_one(int fd, std::span<std::byte> datagrams, std::size_t size) noexcept {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint16_t))> control{};
  iovec piece{datagrams.data(), datagrams.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  auto* const c = CMSG_FIRSTHDR(&message);
  c->cmsg_level = SOL_UDP;
  c->cmsg_type = UDP_SEGMENT;
  c->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
  const auto cut = static_cast<std::uint16_t>(size);
  std::memcpy(CMSG_DATA(c), &cut, sizeof cut);
  return ::sendmsg(fd, &message, never_wait) >= 0;
}

/// Such a piece does not go this way: a device that cannot compute checksums, an old kernel, a
/// datagram longer than the MTU. One by one they may.
bool is_about_cutting(int code) noexcept {
  return code == EIO || code == EINVAL || code == EOPNOTSUPP || code == EMSGSIZE;
}

bool wait_for(int fd, short what, duration patience) noexcept {
  pollfd item{fd, what, 0};
  const auto ns = std::max<std::int64_t>(patience.count(), 0);
  const timespec most{.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
  return ::ppoll(&item, 1, &most, nullptr) > 0;
}

} // namespace

struct udp_send_socket::batch {
  explicit batch(std::size_t size)
      : datagram(size),
        most(together(size)),
        bytes(std::make_unique<std::byte[]>(most * size)),
        messages(most),
        parts(most) {
    for (std::size_t i = 0; i < most; ++i) {
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
  }

  const std::size_t datagram;
  const std::size_t most; ///< no more than the kernel cuts of one piece
  bool kernel_cuts = true;
  const std::unique_ptr<std::byte[]> bytes;
  std::vector<mmsghdr> messages;
  std::vector<iovec> parts;
};

udp_send_socket::udp_send_socket(descriptor fd, std::size_t datagram, bool v4)
    : fd_(std::move(fd)), header_bytes_(v4 ? 28 : 48), batch_(std::make_unique<batch>(datagram)) {}
udp_send_socket::udp_send_socket(udp_send_socket&&) noexcept = default;
udp_send_socket::~udp_send_socket() = default;

result<udp_send_socket> udp_send_socket::connect(const std::string& address, std::uint16_t port,
                                                 std::size_t datagram, std::size_t memory) {
  const auto place = "UDP " + bracketed(address) + ":" + std::to_string(port);
  const auto to = numeric_address::read(address, port);
  if (!to)
    return error{to.error().code, "cannot connect to " + place + ": " + to.error().message};
  udp_send_socket s(open_udp(*to, SOCK_NONBLOCK), datagram, to->v4());
  const auto fd = s.fd_.get();
  if (fd < 0)
    return socket_error("cannot open a socket towards " + place);
  const bool whole = to->v4() ? set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
                              : set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO) &&
                                    set_option(fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
  if (!whole)
    return socket_error("cannot forbid that datagrams to " + place + " are cut");
  (void)ask_for_memory(fd, SO_SNDBUFFORCE, SO_SNDBUF, memory);
  if (::connect(fd, to->get(), to->size) != 0)
    return socket_error("cannot connect to " + place);
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
    const auto [number, bytes] = in_one_piece(sizes.subspan(s.accepted));
    const auto n = number < 2 ? hand_over(fd_.get(), left)
                   : hand_over_in_one(fd_.get(), {room(s.accepted).data(), bytes}, batch_->datagram)
                       ? number
                       : 0;
    if (n > 0) {
      s.accepted += n;
    } else if (errno == EAGAIN) {
      s.how = status::no_room;
      return s;
    } else if (number > 1 && is_about_cutting(errno)) {
      batch_->kernel_cuts = false;
    } else if (errno == EMSGSIZE) {
      s.how = status::too_long;
      return s;
    } else if (errno != EINTR && errno != ECONNREFUSED) {
      s.accepted += number; // the network would have lost it, too; reconciliation finds it
      s.refused += number;
    } // else an earlier one met nobody, or a signal came; this one was not tried
  }
  return s;
}

/// How many of the datagrams of these sizes can be handed over in one piece, and its bytes.
std::pair<std::size_t, std::size_t>
udp_send_socket::in_one_piece(std::span<const std::size_t> sizes) const noexcept {
  std::size_t number = 1, bytes = sizes[0];
  while (batch_->kernel_cuts && number < sizes.size() && sizes[number - 1] == batch_->datagram &&
         bytes + sizes[number] <= most_bytes_cut)
    bytes += sizes[number++];
  return {number, bytes};
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

// SPDX-License-Identifier: MIT
#include "tests/bench/frame_path.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstdint>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>

namespace peernet::bench {
namespace {

constexpr std::size_t datagram = 1400, in_one_call = 64;
constexpr std::size_t header = 88; ///< as large as PeerNet's, which both sides carry
constexpr std::size_t part = datagram - header - 4;

void require(bool ok, const char* what) {
  if (!ok)
    throw std::runtime_error(what);
}

/// An address of the loopback, or the one that a socket was bound to.
struct socket_address {
  explicit socket_address(int of = -1) {
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto size = length();
    if (of >= 0)
      require(::getsockname(of, raw(), &size) == 0, "getsockname");
  }
  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&in); }
  static socklen_t length() { return sizeof(sockaddr_in); }
  sockaddr_in in{};
};

/// Two connected sockets, a side each.
class socket_pair {
public:
  socket_pair(const socket_pair&) = delete;
  socket_pair& operator=(const socket_pair&) = delete;
  ~socket_pair() {
    for (const int fd : fds_)
      ::close(fd);
  }

protected:
  socket_pair() = default;
  std::array<int, 2> fds_{-1, -1};
};

/// Datagrams that are sent or received together.
class datagrams : public frame_end {
public:
  datagrams(int fd, std::size_t size)
      : fd_(fd),
        last_(size % part == 0 && size > 0 ? part : size % part),
        count_(std::max<std::size_t>((size + part - 1) / part, 1)),
        bytes_(in_one_call * datagram) {
    for (std::size_t i = 0; i < in_one_call; ++i) {
      parts_[i] = {bytes_.data() + i * datagram, datagram};
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
    const timeval patience{5, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }

  void send() override {
    for (std::size_t left = count_; left > 0;) {
      const auto now = std::min(left, in_one_call);
      if (now == left)
        parts_[now - 1].iov_len = last_ + header + 4;
      const int n = ::sendmmsg(fd_, messages_.data(), static_cast<unsigned>(now), 0);
      parts_[now - 1].iov_len = datagram;
      require(n > 0, "sendmmsg");
      left -= static_cast<std::size_t>(n);
    }
  }

  void receive() override {
    for (std::size_t got = 0; got < count_;) {
      const int n = ::recvmmsg(fd_, messages_.data(),
                               static_cast<unsigned>(std::min(in_one_call, count_ - got)),
                               MSG_WAITFORONE, nullptr);
      require(n > 0, "a bare datagram was lost");
      got += static_cast<std::size_t>(n);
    }
  }

private:
  int fd_;
  std::size_t last_, count_;
  std::vector<char> bytes_;
  std::array<iovec, in_one_call> parts_{};
  std::array<mmsghdr, in_one_call> messages_{};
};

class udp_pair : public frame_path, socket_pair {
public:
  explicit udp_pair(std::size_t size) : size_(size) {
    constexpr int buffer = 32 << 20;
    for (int& fd : fds_) {
      fd = ::socket(AF_INET, SOCK_DGRAM, 0);
      require(::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) == 0,
              "needs root, for socket buffers that lose nothing");
      socket_address any;
      require(::bind(fd, any.raw(), any.length()) == 0, "cannot bind a UDP socket");
    }
    for (std::size_t i = 0; i < 2; ++i) {
      socket_address other(fds_[1 - i]);
      require(::connect(fds_[i], other.raw(), other.length()) == 0, "cannot connect UDP");
    }
  }
  std::unique_ptr<frame_end> open(int side) override {
    return std::make_unique<datagrams>(fds_[static_cast<std::size_t>(side)], size_);
  }

private:
  std::size_t size_;
};

class stream : public frame_end {
public:
  stream(int out, int in, std::size_t size)
      : out_(out), in_(in), bytes_(size + header), read_(size + header + 4) {}

  void send() override {
    auto length = static_cast<std::uint32_t>(bytes_.size());
    std::array<iovec, 2> parts{iovec{&length, 4}, iovec{bytes_.data(), bytes_.size()}};
    std::size_t sent = 0;
    while (sent < bytes_.size() + 4) {
      const auto n = sent == 0
                         ? ::writev(out_, parts.data(), 2)
                         : ::send(out_, bytes_.data() + sent - 4, bytes_.size() + 4 - sent, 0);
      require(n >= 4, "send");
      sent += static_cast<std::size_t>(n);
    }
  }
  void receive() override {
    for (; got_ < read_.size();) {
      const auto n = ::recv(in_, read_.data() + got_, read_.size() - got_, 0);
      require(n > 0, "recv");
      got_ += static_cast<std::size_t>(n);
    }
    got_ = 0;
  }

private:
  int out_, in_;
  std::vector<char> bytes_, read_;
  std::size_t got_ = 0;
};

/// The two ends of a TCP connection.
class tcp_pair : public socket_pair {
public:
  tcp_pair() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    socket_address any;
    require(::bind(listener, any.raw(), any.length()) == 0 && ::listen(listener, 1) == 0,
            "cannot listen for TCP");
    socket_address at(listener);
    fds_[0] = ::socket(AF_INET, SOCK_STREAM, 0);
    require(::connect(fds_[0], at.raw(), at.length()) == 0, "cannot connect TCP");
    fds_[1] = ::accept(listener, nullptr, nullptr);
    ::close(listener);
    const int yes = 1;
    for (const int fd : fds_)
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  }
  [[nodiscard]] int of(int side) const { return fds_[static_cast<std::size_t>(side)]; }
};

class tcp_path : public frame_path {
public:
  tcp_path(std::size_t size, bool both_ways) : size_(size), back_(both_ways ? there_ : own_) {}
  std::unique_ptr<frame_end> open(int side) override {
    const auto& out = side == 0 ? there_ : back_;
    const auto& in = side == 0 ? back_ : there_;
    return std::make_unique<stream>(out.of(side), in.of(side), size_);
  }

private:
  std::size_t size_;
  tcp_pair there_, own_;
  const tcp_pair& back_;
};

} // namespace

std::unique_ptr<frame_path> bare_udp(std::size_t size) {
  return std::make_unique<udp_pair>(size);
}

std::unique_ptr<frame_path> bare_tcp(std::size_t size, bool both_ways) {
  return std::make_unique<tcp_path>(size, both_ways);
}

} // namespace peernet::bench

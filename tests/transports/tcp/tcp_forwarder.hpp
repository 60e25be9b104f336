// SPDX-License-Identifier: MIT
// Somebody between two ends of a TCP channel: passes every byte on, keeps a copy, and knows which
// connections ended.
#pragma once

#include "runtime/plugin/channel.hpp"
#include "tests/support/deadline.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <array>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace peernet {

/// Listens on a loopback port, of its own if none is named, and connects to `to`, IPv4, for whoever
/// connects there. Its end cuts them all off.
class tcp_forwarder {
public:
  explicit tcp_forwarder(const endpoint& to, std::uint16_t port = 0)
      : to_(to), listening_(open_socket()) {
    auto a = ipv4("127.0.0.1", port);
    const int yes = 1;
    ::setsockopt(listening_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    socklen_t size = sizeof a;
    BOOST_REQUIRE(::bind(listening_, reinterpret_cast<const sockaddr*>(&a), size) == 0);
    BOOST_REQUIRE(::listen(listening_, 16) == 0);
    BOOST_REQUIRE(::getsockname(listening_, reinterpret_cast<sockaddr*>(&a), &size) == 0);
    port_ = ntohs(a.sin_port);
    BOOST_REQUIRE(::pipe(stop_.data()) == 0);
    thread_ = std::thread([this] { run(); });
  }
  ~tcp_forwarder() {
    ::close(stop_[1]);
    {
      const std::lock_guard lock(mutex_);
      for (const auto& c : connections_) // whoever waits for room in there waits no more
        for (const int fd : {c.near, c.far})
          ::shutdown(fd, SHUT_RDWR);
    }
    thread_.join();
    ::close(stop_[0]);
    ::close(listening_);
    for (const auto& c : connections_)
      hang_up(c);
  }
  tcp_forwarder(const tcp_forwarder&) = delete;
  tcp_forwarder& operator=(const tcp_forwarder&) = delete;

  /// What to connect to instead.
  [[nodiscard]] endpoint where() const {
    return {.node = 0, .network = "", .address = "127.0.0.1", .port = port_};
  }
  /// Every byte that passed so far, both ways.
  [[nodiscard]] std::string heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  /// Waits until one of the two sides has ended a connection; false if none does.
  [[nodiscard]] bool wait_ended() const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, test_deadline, [&] { return ended_ > 0; });
  }

private:
  struct connection {
    int near, far;
  };

  static sockaddr_in ipv4(const std::string& address, std::uint16_t port) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    ::inet_pton(AF_INET, address.c_str(), &a.sin_addr);
    return a;
  }
  static int open_socket() { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }
  static void hang_up(const connection& c) {
    ::close(c.near);
    ::close(c.far);
  }

  void run() {
    for (;;) {
      std::vector<pollfd> all{{stop_[0], POLLIN, 0}, {listening_, POLLIN, 0}};
      for (const auto& c : connections_)
        all.insert(all.end(), {{c.near, POLLIN, 0}, {c.far, POLLIN, 0}});
      ::poll(all.data(), all.size(), -1);
      if (all[0].revents != 0)
        return;
      for (auto i = connections_.size(); i-- > 0;) {
        const auto c = connections_[i];
        if ((all[2 + 2 * i].revents == 0 || pass(c.near, c.far)) &&
            (all[3 + 2 * i].revents == 0 || pass(c.far, c.near)))
          continue;
        const std::lock_guard lock(mutex_);
        hang_up(c);
        connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i));
        ++ended_;
        changed_.notify_all();
      }
      if (all[1].revents != 0)
        accept();
    }
  }

  void accept() {
    const connection c{::accept(listening_, nullptr, nullptr), open_socket()};
    const auto a = ipv4(to_.address, to_.port);
    const bool reached = ::connect(c.far, reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0;
    const std::lock_guard lock(mutex_);
    if (reached)
      connections_.push_back(c);
    else
      hang_up(c);
  }

  /// False once one of the two is gone.
  bool pass(int from, int to) {
    std::array<char, 65'536> bytes;
    const auto n = ::recv(from, bytes.data(), bytes.size(), 0);
    if (n <= 0)
      return false;
    {
      const std::lock_guard lock(mutex_);
      heard_.append(bytes.data(), static_cast<std::size_t>(n));
    }
    for (ssize_t sent = 0; sent < n;) {
      const auto some =
          ::send(to, bytes.data() + sent, static_cast<std::size_t>(n - sent), MSG_NOSIGNAL);
      if (some <= 0)
        return false;
      sent += some;
    }
    return true;
  }

  const endpoint to_;
  const int listening_;
  std::uint16_t port_ = 0;
  std::array<int, 2> stop_{};
  std::vector<connection> connections_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::string heard_;
  std::size_t ended_ = 0;
  std::thread thread_; // begins when all else is there
};

} // namespace peernet

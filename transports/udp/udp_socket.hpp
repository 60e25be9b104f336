// SPDX-License-Identifier: MIT
// The UDP sockets of the transport `udp`, bound and connected, with many datagrams a system call
// and the kernel's receive stamps. The one file of the transport that touches sockets.
#pragma once

#include "runtime/core/buffer.hpp"
#include "runtime/core/error.hpp"
#include "runtime/core/time.hpp"
#include "runtime/plugin/channel.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace peernet {

/// A file descriptor that is closed with its owner.
class owned_descriptor {
public:
  explicit owned_descriptor(int fd = -1) noexcept : fd_(fd) {}
  owned_descriptor(owned_descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  owned_descriptor& operator=(owned_descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~owned_descriptor();

  [[nodiscard]] int get() const noexcept { return fd_; }

private:
  int fd_;
};

/// What the kernel grants this process when a receiving socket asks for `wanted` bytes of memory,
/// in the same unit; 0 if there is no socket to be had. Thread: any.
[[nodiscard]] std::size_t granted_receive_memory(std::size_t wanted);

/// Takes datagrams from everybody. Thread: `take` and what it filled by one at a time; `interrupt`
/// and `dropped` by any.
class udp_receive_socket {
public:
  /// Bound to one address of this machine. `datagram`: the largest that is wanted whole, bytes;
  /// `memory`: asked for as SO_RCVBUF. errc::io with the address, errc::not_found for what is none.
  [[nodiscard]] static result<udp_receive_socket> bind(const std::string& address, port_range ports,
                                                       std::size_t datagram, std::size_t memory);

  udp_receive_socket(udp_receive_socket&&) noexcept;
  udp_receive_socket& operator=(udp_receive_socket&&) = delete;
  ~udp_receive_socket();

  [[nodiscard]] endpoint where() const;
  /// What the kernel granted, in the unit of SO_RCVBUF, bytes.
  [[nodiscard]] std::size_t memory() const noexcept { return memory_; }

  /// Waits for datagrams, at most `patience`, and takes all that are there, up to a batch; how
  /// many. They stay until the next call. No allocation in the steady state.
  [[nodiscard]] std::size_t take(duration patience);

  /// Number `i` of the datagrams taken: its bytes, which the caller may take out; not to be asked
  /// for after that.
  [[nodiscard]] buffer& bytes(std::size_t i) noexcept;
  /// It was longer than the socket's largest: what is there is its beginning.
  [[nodiscard]] bool cut_short(std::size_t i) const noexcept;
  /// When the kernel had it, by the wall clock; nothing if it does not say.
  [[nodiscard]] std::optional<std::int64_t> wall_ns(std::size_t i) const noexcept;
  /// Sends `answer` to where datagram `i` came from; what cannot leave is dropped.
  void answer(std::size_t i, std::span<const std::byte> answer) noexcept;

  /// Ends a waiting `take` and makes all later ones return at once.
  void interrupt() noexcept;

  /// Datagrams that the kernel threw away because nobody took them in time.
  [[nodiscard]] std::uint64_t dropped() const noexcept;

  [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }

private:
  struct batch;

  udp_receive_socket(owned_descriptor fd, std::size_t datagram);

  owned_descriptor fd_;
  std::size_t memory_ = 0;
  duration timeout_ = duration::max(); ///< what SO_RCVTIMEO says
  std::unique_ptr<batch> batch_;
};

/// Sends datagrams to one address and hears what comes back from there. Never waits but in
/// `wait_…`. Thread: one at a time.
class udp_send_socket {
public:
  /// `memory`: asked for as SO_SNDBUF. Datagrams are never cut on the way (DF). errc::io and
  /// errc::not_found, as above.
  [[nodiscard]] static result<udp_send_socket>
  connect(const std::string& address, std::uint16_t port, std::size_t datagram, std::size_t memory);

  udp_send_socket(udp_send_socket&&) noexcept;
  udp_send_socket& operator=(udp_send_socket&&) = delete;
  ~udp_send_socket();

  enum class status : std::uint8_t {
    all,     ///< every one is on its way
    no_room, ///< the socket's buffer is full
    too_long ///< longer than the path's MTU allows
  };
  struct sent {
    status how = status::all;
    std::size_t accepted = 0; ///< so many of them left, in order, or were refused
    std::size_t refused = 0;  ///< of these the system did not want: no route, a firewall, no memory
  };

  /// Datagrams to be sent together: room for number `i`, as long as a full one.
  [[nodiscard]] std::span<std::byte> room(std::size_t i) noexcept;
  [[nodiscard]] std::size_t batch_size() const noexcept;
  /// Sends the first `sizes.size()` of them, each as long as it says there.
  [[nodiscard]] sent send(std::span<const std::size_t> sizes) noexcept;

  /// Waits until the socket's buffer has room; false if it has none within `patience`.
  [[nodiscard]] bool wait_room(duration patience) const noexcept;
  /// Waits until something has come back; false if nothing has within `patience`.
  [[nodiscard]] bool wait_answer(duration patience) const noexcept;
  /// Takes what came back, if anything did: its length.
  [[nodiscard]] std::optional<std::size_t> take_answer(std::span<std::byte> into) noexcept;

  /// Largest UDP payload that the path is known to carry, bytes; 0: unknown.
  [[nodiscard]] std::size_t largest_payload() const noexcept;
  /// What IP and UDP put in front of every datagram, bytes.
  [[nodiscard]] std::size_t header_bytes() const noexcept { return header_bytes_; }

private:
  struct batch;

  udp_send_socket(owned_descriptor fd, std::size_t datagram, bool v4);

  owned_descriptor fd_;
  std::size_t header_bytes_;
  std::unique_ptr<batch> batch_;
};

} // namespace peernet

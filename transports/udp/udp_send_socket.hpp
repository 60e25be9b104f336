// SPDX-License-Identifier: MIT
// The sending socket of `udp`: many datagrams a system call, in one piece where the kernel cuts it.
#pragma once

#include "runtime/core/time.hpp"
#include "transports/udp/udp_socket.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace peernet {

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

  udp_send_socket(descriptor fd, std::size_t datagram, bool v4);
  [[nodiscard]] std::pair<std::size_t, std::size_t>
  in_one_piece(std::span<const std::size_t> sizes) const noexcept;

  descriptor fd_;
  std::size_t header_bytes_;
  std::unique_ptr<batch> batch_;
};

} // namespace peernet

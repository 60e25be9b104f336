// SPDX-License-Identifier: MIT
// The UDP socket of a clock probe: bound to one address of the node, never connected, never
// waiting, with the kernel's receive stamps. The one file of the probes that touches sockets.
#pragma once

#include "runtime/core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <netinet/in.h>
#include <optional>
#include <span>
#include <string>
#include <sys/socket.h>

namespace peernet {

/// An IP address with a port. Thread: any, as a value.
class udp_address {
public:
  udp_address() = default;

  /// `host`: an IPv4 or IPv6 address (fe80::1%eth0 too) or a name; a name may take seconds to look
  /// up. `family`: AF_INET, AF_INET6, or AF_UNSPEC for whichever it has. errc::not_found.
  [[nodiscard]] static result<udp_address> resolve(const std::string& host, std::uint16_t port,
                                                   int family = AF_UNSPEC);

  [[nodiscard]] int family() const noexcept { return store_.any.sa_family; }
  [[nodiscard]] bool wildcard() const noexcept;
  [[nodiscard]] std::string host() const; ///< in numbers
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// Bytes that IP and UDP put in front of every datagram.
  [[nodiscard]] std::size_t header_bytes() const noexcept { return family() == AF_INET ? 28 : 48; }

  /// The same host and port.
  bool operator==(const udp_address& other) const noexcept;

private:
  friend class probe_socket;
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  } store_{};
  socklen_t size_ = sizeof store_;
};

/// Thread: one at a time.
class probe_socket {
public:
  /// Bound to `host`, which must be one address, not a wildcard: only then do replies come from the
  /// address that was asked. Port 0: a free one. errc::bad_scenario, errc::not_found, errc::io.
  [[nodiscard]] static result<probe_socket> bind(const std::string& host, std::uint16_t port);

  probe_socket(probe_socket&& other) noexcept;
  probe_socket& operator=(probe_socket&&) = delete;
  ~probe_socket();

  /// What came in.
  struct received {
    std::size_t size = 0; ///< of the datagram, which may be larger than what was copied of it
    udp_address from;
    std::optional<std::int64_t> wall_ns; ///< when, by the kernel; nothing if it did not say
  };

  /// Takes one datagram, if there is one, into `into`.
  [[nodiscard]] std::optional<received> receive(std::span<std::byte> into) noexcept;

  /// Hands one datagram to the kernel; false if it refuses (no route, no room, a firewall).
  bool send(std::span<const std::byte> datagram, const udp_address& to) noexcept;

  [[nodiscard]] const udp_address& where() const noexcept { return where_; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

private:
  explicit probe_socket(int descriptor) noexcept : descriptor_(descriptor) {}

  int descriptor_;
  udp_address where_;
};

} // namespace peernet

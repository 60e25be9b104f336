// SPDX-License-Identifier: MIT
// From "address:port" to a connected socket, with a deadline; and who stands at either end of one.
#pragma once

#include "actors/remote/ready.hpp"
#include "runtime/core/error.hpp"

#include <cstdint>
#include <string>

namespace peernet {

struct socket_address {
  std::string address; ///< numeric, without brackets
  std::uint16_t port = 0;
  bool operator==(const socket_address&) const = default;
};

/// Connects to `host` ("10.0.0.5", "::1", a name), trying its addresses one after the other. The
/// descriptor blocks, closes on exec and sends at once (TCP_NODELAY). errc::timeout (no answer, no
/// way there), errc::absent ("nobody listens"), errc::not_found (no such name), errc::closed
/// (interrupted), errc::io; each names host and port.
[[nodiscard]] result<int> dial(const std::string& host, std::uint16_t port,
                               const wait_limit& limit);

/// Listens; port 0: any free one. The address is never a wildcard unless written as one.
/// errc::io with address, port and remedy.
[[nodiscard]] result<int> listen_at(const std::string& address, std::uint16_t port);

/// The largest packet that fits through a connected socket's path, bytes with IP's header; 0 if the
/// system does not know.
[[nodiscard]] std::uint32_t path_mtu(int fd);

[[nodiscard]] socket_address local_end(int fd);
[[nodiscard]] socket_address remote_end(int fd);

} // namespace peernet

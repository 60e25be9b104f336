// SPDX-License-Identifier: MIT
// Two networks of a test's own with a TUN device in each, and nothing between them yet; and the
// sockets of whoever lives there. Only root may make them; nothing of them is left behind.
#pragma once

#include "runtime/core/error.hpp"
#include "transports/descriptor.hpp"
#include "transports/packets/interfaces.hpp"
#include "transports/packets/network_namespace.hpp"
#include "transports/packets/packet_shaper.hpp"

#include <cstdint>
#include <netinet/in.h>

namespace peernet {

struct packet_networks {
  static constexpr const char* near_address = "10.64.0.1";
  static constexpr const char* far_address = "10.64.0.2";

  network_namespace near, far;
  interfaces near_doors, far_doors;
  packet_shaper::ends devices; ///< "packets" on both sides; for who carries packets across

  /// `queue`: packets that may wait on each device. errc::refused: what right is missing.
  [[nodiscard]] static result<packet_networks> make(unsigned queue = 1000);
};

[[nodiscard]] sockaddr_in ipv4_at(const char* address, std::uint16_t port);

/// A bound socket inside; `type`: SOCK_DGRAM, SOCK_STREAM.
[[nodiscard]] result<descriptor> socket_inside(const network_namespace& inside, int type,
                                               const char* address, std::uint16_t port);

} // namespace peernet

// SPDX-License-Identifier: MIT
// Where another machine's daemon is reached, as users write it: "10.0.0.5:7447", "[fd00::5]:7447",
// "cloud.lab". Only the form is looked at here; nobody asks the network.
#pragma once

#include "runtime/core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace peernet {

/// What `peernet-node` listens on and `host` means when no port is written.
inline constexpr std::uint16_t default_node_port = 7447;

struct node_host {
  std::string name; ///< IPv4 or IPv6 address without brackets, or a DNS name
  std::uint16_t port = default_node_port;
  bool operator==(const node_host&) const = default;
};

/// Reads an IPv4 address or DNS name, or an IPv6 address in brackets, with ":port" (1 to 65535) or
/// without. errc::bad_scenario: what is wrong, with the text and the right form. Thread: any.
[[nodiscard]] result<node_host> parse_node_host(std::string_view text);

/// The same for where to listen; port 0 is any free one.
[[nodiscard]] result<node_host> parse_listen_address(std::string_view text);

/// With its port, IPv6 in brackets; `parse_node_host` reads it back.
[[nodiscard]] std::string to_string(const node_host& host);

/// An IPv4 or IPv6 address, without brackets, zone or port.
[[nodiscard]] bool is_ip_address(const std::string& text) noexcept;

} // namespace peernet

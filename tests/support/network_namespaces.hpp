// SPDX-License-Identifier: MIT
// Networks of a test's own, joined by virtual cables (veth). Only root may make them, with the
// program `ip` of iproute2. They have no names: nothing of them is left, however the test ends.
#pragma once

#include "runtime/core/error.hpp"
#include "transports/packets/network_namespace.hpp"

#include <string>
#include <vector>

namespace peernet {

/// Runs `ip` with these words inside. errc::refused: it says no; errc::not_found: there is no `ip`.
[[nodiscard]] result<void> run_ip(const network_namespace& inside,
                                  const std::vector<std::string>& words);

/// One end of a cable.
struct cable_end {
  const network_namespace& inside;
  std::string interface; ///< its name there, at most 15 characters
  std::string address;   ///< IPv4; the same one may be given to several interfaces
};

/// Joins two namespaces; each end reaches the other's address, and no further. Errors as run_ip.
[[nodiscard]] result<void> join_by_cable(const cable_end& one, const cable_end& other);

struct joined_namespaces {
  static constexpr const char* near_address = "10.77.0.1";
  static constexpr const char* far_address = "10.77.0.2";
  network_namespace near, far;

  /// errc::refused, as above, or because of what `ip` says; errc::not_found: there is no `ip`.
  [[nodiscard]] static result<joined_namespaces> make();
};

} // namespace peernet

// SPDX-License-Identifier: MIT
// What a user can do about each obstacle, from the kind of its error and from what is known of the
// machine it is on; never from its words.
#pragma once

#include "actors/doctor.hpp"

#include <string>
#include <string_view>

namespace peernet {

/// As a finding, whose remedy is never empty.
[[nodiscard]] finding explain(const obstacle& o, const examination& e);

/// Where a key was written, for "change it at …": "lab.toml:8:8", "--set nodes.cloud.host".
[[nodiscard]] std::string place_of(const reading& what, std::string_view key);

/// How to let data into a node: "start `peernet-node` on … with --ports 7500-7599, and let …".
/// `protocol`: "TCP", "UDP".
[[nodiscard]] std::string open_ports(const examination& e, node_id node, std::string_view protocol);

/// "this machine", "gpu-box (10.0.0.5)", or of a node that was never reached its host.
[[nodiscard]] std::string machine_of(const examination& e, node_id node);

} // namespace peernet

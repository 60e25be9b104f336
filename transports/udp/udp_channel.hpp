// SPDX-License-Identifier: MIT
// The transport `udp`: one frame is one or many datagrams, and nothing is sent twice. README.md
// says what travels.
#pragma once

#include "runtime/plugin/registrar.hpp"

namespace peernet {

/// Adds "udp".
void register_udp_channel(registrar& r);

} // namespace peernet

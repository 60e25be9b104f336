// SPDX-License-Identifier: MIT
// The transport tcp: frames over plain TCP sockets between any nodes, encrypted where the channel
// has a key. Lanes of a link connect by themselves, and again when a connection breaks while the
// run goes on. The parts are in tcp_*.hpp.
#pragma once

#include "runtime/plugin/registrar.hpp"

namespace peernet {

/// Adds "tcp".
void register_tcp_channel(registrar& r);

} // namespace peernet

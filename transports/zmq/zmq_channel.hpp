// SPDX-License-Identifier: MIT
// The ZeroMQ transports: zmq-tcp between any nodes, zmq-ipc between nodes of one machine. PUSH on
// the sending side, PULL on the receiving; high-water marks follow the link's queue, large bodies
// are lent to ZeroMQ without a copy.
#pragma once

#include "runtime/plugin/registrar.hpp"

namespace peernet {

/// Adds "zmq-tcp" and "zmq-ipc". They share one ZeroMQ context with one I/O thread, which ends with
/// the registry that owns them; every end must be destroyed before. `send_end::close` does not wait
/// itself: that thread goes on sending for at most the patience, and the context's end waits for
/// it.
void register_zmq_channels(registrar& r);

} // namespace peernet

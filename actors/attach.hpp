// SPDX-License-Identifier: MIT
// The one way in which two processes' actor systems meet: over a connected stream socket that
// PeerNet made itself (a socketpair, an accepted and authenticated connection). CAF's protocol is
// never spoken on a port.
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/core/time.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/actor_system.hpp>

namespace peernet {

/// Offers `root` to the process at the other end of `fd`, which must call `attach_to`. Takes `fd`,
/// also on failure.
void attach_as(caf::actor_system& system, int fd, const caf::strong_actor_ptr& root);

/// Speaks first: the root that the process at the other end of `fd` offers. Takes `fd`, also on
/// failure. errc::timeout when it does not offer one within `patience`. Thread: any that may block;
/// no actor.
[[nodiscard]] result<caf::strong_actor_ptr> attach_to(caf::actor_system& system, int fd,
                                                      duration patience);

} // namespace peernet

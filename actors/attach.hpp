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

// CAF gives up whoever is shaking hands when its heartbeat beats. So nobody begins before the other
// side is there to answer, nor too soon before the next beat: first `announce` on the one side,
// then `attach_as` on the other, then `attach_to`.

/// How long a hand may take to be shaken, there and back.
inline constexpr duration local_handshake = std::chrono::milliseconds{20};
inline constexpr duration network_handshake = std::chrono::milliseconds{600};

/// Tells the process at the other end of `fd` that we shall attach to it. Once, before `attach_to`;
/// whoever has several to attach announces all of them first.
void announce(int fd) noexcept;

/// Offers `root` to the process at the other end of `fd`, once that has announced itself. Takes
/// `fd`, also on failure. errc::timeout when nobody is announced within `patience`, errc::closed.
/// Thread: any that may block; no actor.
[[nodiscard]] result<void> attach_as(caf::actor_system& system, int fd,
                                     const caf::strong_actor_ptr& root, duration handshake,
                                     duration patience);

/// The root that the process at the other end of `fd` offers. Takes `fd`, also on failure.
/// errc::timeout when it does not offer one within `patience`. Thread: any that may block; no
/// actor.
[[nodiscard]] result<caf::strong_actor_ptr> attach_to(caf::actor_system& system, int fd,
                                                      duration patience);

} // namespace peernet

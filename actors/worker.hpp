// SPDX-License-Identifier: MIT
// A node's process: an actor system with a node actor at its root, attached to its coordinator by
// one inherited descriptor.
#pragma once

#include "runtime/core/ids.hpp"

#include <optional>
#include <string>
#include <vector>

namespace peernet {

class registry;

/// Adds what is part of the program itself: light sensors, models and sinks, and the channels that
/// need no actor.
void register_builtins(registry& types);

/// A direct connection between two nodes of one machine, made before they start. One end offers,
/// the other takes.
struct peer_socket {
  node_id peer = 0;
  int fd = -1;
  bool offers = false;
};

/// The arguments with which a program becomes a worker of the calling process; the hidden face of
/// peernet-run.
/// `self`: its number; none: its coordinator is on another machine, and tells it later.
[[nodiscard]] std::vector<std::string> worker_arguments(int control_fd, std::optional<node_id> self,
                                                        const std::vector<peer_socket>& peers);

/// True if `argv` are a worker's arguments.
[[nodiscard]] bool is_worker(int argc, char** argv);

/// Plays a node until its coordinator says so or is gone. Returns the process' exit code. Never
/// outlives the parent that `worker_arguments` named.
int worker_main(int argc, char** argv);

} // namespace peernet

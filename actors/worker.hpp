// SPDX-License-Identifier: MIT
// A node's process: an actor system with a node actor at its root, attached to its coordinator by one inherited descriptor.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace peernet {

class registry;

/// Adds everything that is part of the program itself: light sensors, models and sinks, and the channels.
void register_builtins(registry& types);

/// The arguments with which a program becomes a worker; the hidden face of peernet-run.
[[nodiscard]] std::vector<std::string> worker_arguments(int control_fd);

/// True if `argv` are a worker's arguments.
[[nodiscard]] bool is_worker(int argc, char** argv);

/// Plays a node until its coordinator says so or is gone. Returns the process' exit code. Never outlives the parent
/// that `worker_arguments` named.
int worker_main(int argc, char** argv);

} // namespace peernet

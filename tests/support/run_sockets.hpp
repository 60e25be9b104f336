// SPDX-License-Identifier: MIT
// Sockets that a process holds, as /proc tells them.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace peernet {

/// A socket on which others can reach a process: a listening one, or a UDP socket with a port.
struct open_door {
  std::string family;  ///< "tcp", "tcp6", "udp", "udp6", "unix"
  std::string address; ///< as /proc shows it: "0100007F" is 127.0.0.1; a path for unix
  std::uint16_t port = 0;

  auto operator<=>(const open_door&) const = default;
};

/// All of one process. Empty if it is gone.
[[nodiscard]] std::vector<open_door> open_doors(pid_t pid);

} // namespace peernet

// SPDX-License-Identifier: MIT
// What the two UDP sockets of the transport `udp` have in common. These three are the only files of
// the transport that touch sockets.
#pragma once

#include "runtime/core/error.hpp"
#include "transports/descriptor.hpp"
#include "transports/numeric_address.hpp"

#include <cstddef>
#include <string>

namespace peernet {

/// What the kernel grants this process when a receiving socket asks for `wanted` bytes of memory,
/// in the same unit; 0 if there is no socket to be had. Thread: any.
[[nodiscard]] std::size_t granted_receive_memory(std::size_t wanted);

/// Asks for a buffer, past the system's limit if we may; what we got, in the unit that was asked
/// in. `force` and `plain`: the names of the option.
[[nodiscard]] std::size_t ask_for_memory(int fd, int force, int plain, std::size_t bytes) noexcept;

/// How many datagrams of at most this size go through one system call.
[[nodiscard]] std::size_t together(std::size_t datagram) noexcept;

/// errc::io with the system's reason.
[[nodiscard]] error socket_error(const std::string& what);

[[nodiscard]] descriptor open_udp(const numeric_address& at, int flags) noexcept;

template <class Option>
bool set_option(int fd, int level, int name, const Option& value) noexcept {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

} // namespace peernet

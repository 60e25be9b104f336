// SPDX-License-Identifier: MIT
// An IP address and a port as the kernel takes them, for transports that open sockets themselves.
#pragma once

#include "runtime/core/error.hpp"

#include <cstdint>
#include <string>
#include <sys/socket.h>

namespace peernet {

struct numeric_address {
  sockaddr_storage store{};
  socklen_t size = sizeof store;

  /// Reads an IPv4 or IPv6 address; never asks a name server. errc::io if `text` is none. Thread:
  /// any.
  [[nodiscard]] static result<numeric_address> read(const std::string& text, std::uint16_t port);

  /// Where this socket is bound.
  [[nodiscard]] static numeric_address of(int socket) noexcept;

  [[nodiscard]] const sockaddr* get() const noexcept {
    return reinterpret_cast<const sockaddr*>(&store);
  }
  [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&store); }
  [[nodiscard]] int family() const noexcept { return store.ss_family; }
  [[nodiscard]] bool v4() const noexcept { return store.ss_family == AF_INET; }
  [[nodiscard]] std::uint16_t port() const noexcept; ///< 0: it is no IP address
  [[nodiscard]] std::string host() const;
};

} // namespace peernet

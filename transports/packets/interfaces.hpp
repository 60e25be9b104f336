// SPDX-License-Identifier: MIT
// The network interfaces of one namespace, by the kernel's routing socket (libnl): up, addresses,
// cables to other namespaces. The only file that knows libnl.
#pragma once

#include "runtime/core/error.hpp"
#include "transports/packets/network_namespace.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

struct nl_sock;

namespace peernet {

/// Thread: one at a time, any: its socket stays in the namespace. Errors name the interface and say
/// what the kernel said; errc::refused: which right is missing.
class interfaces {
public:
  [[nodiscard]] static result<interfaces> of(const network_namespace& inside);

  /// Takes it into service. `queue`: packets that may wait to leave, for what has such a queue.
  [[nodiscard]] result<void> raise(const std::string& name, unsigned queue = 0) const;

  /// "10.64.0.1/30"; the way to its subnet comes with it.
  [[nodiscard]] result<void> add_address(const std::string& name, const std::string& address) const;

  /// A cable (veth) between a new interface here and a new one there.
  [[nodiscard]] result<void> add_cable(const std::string& name, const network_namespace& there,
                                       const std::string& name_there) const;

  /// Packets that the kernel wanted to send on it and had no room for.
  [[nodiscard]] result<std::uint64_t> missed(const std::string& name) const;

private:
  struct closer {
    void operator()(nl_sock* s) const noexcept;
  };
  std::unique_ptr<nl_sock, closer> socket_;
};

} // namespace peernet

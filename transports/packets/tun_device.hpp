// SPDX-License-Identifier: MIT
// A network interface whose packets a program reads and writes (TUN): whole IP packets, one with
// each call.
#pragma once

#include "runtime/core/error.hpp"
#include "transports/descriptor.hpp"
#include "transports/packets/network_namespace.hpp"

#include <cstddef>
#include <span>
#include <string>

namespace peernet {

/// Goes away with this object. Thread: one at a time.
class tun_device {
public:
  /// The kernel's default; larger packets never come.
  static constexpr std::size_t mtu = 1500;

  /// A new interface inside, down and without an address; `name` has at most 15 characters.
  /// errc::refused: what is missing. errc::io: what else the kernel said.
  [[nodiscard]] static result<tun_device> make(const network_namespace& inside,
                                               const std::string& name);

  /// The next packet that was sent on the interface, into `room` (of `mtu` bytes); its size, or 0
  /// if there is none just now.
  [[nodiscard]] std::size_t read(std::span<std::byte> room) const noexcept;

  /// Lets a packet arrive on the interface. False: the kernel did not take it.
  [[nodiscard]] bool write(std::span<const std::byte> packet) const noexcept;

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

private:
  explicit tun_device(descriptor fd) noexcept : fd_(std::move(fd)) {}
  descriptor fd_;
};

} // namespace peernet

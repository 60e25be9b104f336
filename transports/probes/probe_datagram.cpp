// SPDX-License-Identifier: MIT
#include "transports/probes/probe_datagram.hpp"

#include <cstring>

namespace peernet {

namespace {

std::span<const std::byte> sealed_part(const probe_datagram& d) noexcept {
  return std::as_bytes(std::span{&d, 1}).first(offsetof(probe_datagram, mac));
}

} // namespace

void probe_wire::seal(probe_datagram& d) const noexcept {
  d.run = run_;
  d.mac = key_.authenticate(sealed_part(d));
}

std::optional<probe_datagram> probe_wire::open(std::span<const std::byte> bytes) const noexcept {
  probe_datagram d;
  if (bytes.size() != sizeof d)
    return std::nullopt;
  std::memcpy(&d, bytes.data(), sizeof d);
  const probe_datagram ours;
  if (d.magic != ours.magic || d.version != ours.version || d.run != run_ ||
      !key_.verify(sealed_part(d), d.mac))
    return std::nullopt;
  if (d.kind != probe_kind::request && d.kind != probe_kind::reply)
    return std::nullopt;
  return d;
}

} // namespace peernet

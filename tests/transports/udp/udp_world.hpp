// SPDX-License-Identifier: MIT
// The transport udp as the channel contract takes it, and hand-made datagrams for its other tests.
#pragma once

#include "runtime/plugin/registry.hpp"
#include "tests/transports/channel_world.hpp"
#include "transports/udp/udp_channel.hpp"
#include "transports/udp/udp_datagram.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace peernet::contract {

inline std::shared_ptr<channel_kind> udp_node() {
  const auto types = std::make_shared<registry>(std::vector<std::filesystem::path>{});
  register_udp_channel(*types);
  const auto kind = types->find_channel("udp");
  BOOST_REQUIRE(kind.ok());
  return {types, *kind};
}

/// Whether this user gets the socket buffers that large frames need; root does.
inline bool roomy_sockets() {
  channel_settings s;
  s.max_frame = 4'000'000;
  const auto end = udp_node()->bind(s);
  return end.ok() && (*end)->report().trouble.empty();
}

inline subject udp(std::string name, std::string key = {}) {
  const bool roomy = roomy_sockets();
  return {.name = std::move(name),
          .open =
              [] {
                return transport{udp_node(), udp_node()};
              },
          .reliable = false,
          .largest_body = roomy ? 1u << 20 : 8193u,
          .each_of_many = roomy ? 200u : 20u,
          .key = std::move(key)};
}

using bytes = std::vector<std::byte>;

inline bytes joined(std::initializer_list<std::span<const std::byte>> pieces) {
  std::size_t size = 0;
  for (const auto& p : pieces)
    size += p.size();
  bytes all(size);
  auto end = all.begin();
  for (const auto& p : pieces)
    end = std::ranges::copy(p, end).out;
  return all;
}

/// The content of part `number` of a frame that is cut into parts of `size` bytes.
inline bytes part_of(wire_header h, std::span<const std::byte> body, std::size_t number,
                     std::size_t size) {
  h.fragment = static_cast<std::uint16_t>(number);
  h.fragments =
      static_cast<std::uint16_t>(std::max<std::size_t>(1, (body.size() + size - 1) / size));
  const auto begin = number * size;
  return joined({wire_bytes(h), body.subspan(begin, std::min(size, body.size() - begin))});
}

/// A datagram in the clear with this content.
inline bytes in_the_clear(std::span<const std::byte> content) {
  auto datagram = joined({std::array<std::byte, sizeof(std::uint32_t)>{}, content});
  put_checksum(datagram);
  return datagram;
}

/// A sealed datagram with this content.
inline bytes sealed(datagram_sealer& by, std::span<const std::byte> content) {
  auto datagram =
      joined({std::array<std::byte, seal_front>{}, content, std::array<std::byte, seal_back>{}});
  BOOST_REQUIRE(by.seal(datagram));
  return datagram;
}

/// What a channel counted under this name.
inline std::uint64_t counted(const channel_report& r, std::string_view name) {
  const auto found = std::ranges::find(r.counts, name, &channel_count::name);
  BOOST_REQUIRE_MESSAGE(found != r.counts.end(), "nothing is counted as " << name);
  return found->count;
}

/// Receives, and drops what comes, until `done` holds; false past the deadline.
template <class Condition>
[[nodiscard]] bool eventually(receive_end& receiver, Condition done) {
  const auto until = clock::machine_now() + deadline;
  while (!done()) {
    if (clock::machine_now() > until)
      return false;
    (void)receiver.receive({}, std::chrono::milliseconds{1});
  }
  return true;
}

} // namespace peernet::contract

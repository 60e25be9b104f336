// SPDX-License-Identifier: MIT
// A clock probe on the wire: one datagram that asks, and one of the same size that answers. What
// must hold before anything in it is believed; the layout is pinned by golden bytes in the tests.
#pragma once

#include "runtime/core/ids.hpp"
#include "transports/security.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace peernet {

static_assert(std::endian::native == std::endian::little,
              "the wire is little-endian and datagrams are copied as they lie in memory");

/// Which half of an exchange a datagram is. Numbers are pinned: they cross the network.
enum class probe_kind : std::uint8_t { request = 1, reply = 2 };

/// A request and its reply. Both have one size, so that nobody can be flooded through a node. The
/// asker's own stamps stay with the asker: what is not sent cannot be bent.
struct probe_datagram {
  std::array<char, 2> magic{'P', 'C'};
  std::uint8_t version = 1;
  probe_kind kind = probe_kind::request;
  node_id asker = coordinator_node;
  node_id answerer = coordinator_node;
  std::uint64_t run = 0;      ///< wire_run_number(secret)
  std::uint64_t sequence = 0; ///< the asker's; a reply repeats it
  std::int64_t t2 = 0;        ///< reply: request received, ns, the answerer's clock, raw
  std::int64_t t3 = 0;        ///< reply: reply sent
  message_key::mac mac{};     ///< over all bytes before it
};
static_assert(sizeof(probe_datagram) == 56 && std::is_trivially_copyable_v<probe_datagram>);
static_assert(offsetof(probe_datagram, run) == 8 && offsetof(probe_datagram, t2) == 24 &&
              offsetof(probe_datagram, mac) == 40);

/// Makes and checks the datagrams of one run. Thread: any; immutable.
class probe_wire {
public:
  /// `secret`: the run's.
  explicit probe_wire(std::string_view secret)
      : run_(wire_run_number(secret)), key_(secret, "peernet clock probes") {}

  /// Fills in run and mac.
  void seal(probe_datagram& d) const noexcept;

  /// The datagram that `bytes` are; nothing if it is not one of this version and run, or somebody
  /// without the secret made or changed it.
  [[nodiscard]] std::optional<probe_datagram> open(std::span<const std::byte> bytes) const noexcept;

private:
  std::uint64_t run_;
  message_key key_;
};

} // namespace peernet

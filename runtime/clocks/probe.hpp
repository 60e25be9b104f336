// SPDX-License-Identifier: MIT
// One exchange of four stamps between two clocks: the raw material of every clock estimate.
#pragma once

#include "runtime/core/ids.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace peernet {

/// When in a run an exchange took place. Numbers are pinned: they are stored.
enum class probe_phase : std::uint8_t { before = 0, during = 1, after = 2 };

/// How an exchange went: by datagrams, or over the control plane where these do not pass. Stored.
inline constexpr std::string_view by_udp = "udp";
inline constexpr std::string_view by_control = "control";

/// Nodes that are asked once per `interval_ns` and are silent for longer are not reached any more.
/// So long, ns, bounds are believed before the first exchange and behind the last.
[[nodiscard]] constexpr std::int64_t longest_silence(std::int64_t interval_ns) noexcept {
  return std::max<std::int64_t>(1'000'000'000, 20 * interval_ns);
}

/// A request and its answer. Because no delay is negative, the remote clock minus the local one
/// lies in [t3 − t4, t2 − t1]. Stamps are raw.
struct probe {
  clock_id local = reference_clock;  ///< of the side that asked
  clock_id remote = reference_clock; ///< of the side that answered
  node_id asker = coordinator_node;
  node_id answerer = coordinator_node;
  std::int64_t t1 = 0; ///< request sent, local, ns
  std::int64_t t2 = 0; ///< request received, remote, ns
  std::int64_t t3 = 0; ///< answer sent, remote, ns
  std::int64_t t4 = 0; ///< answer received, local, ns
  probe_phase phase = probe_phase::during;
  std::string network; ///< which of the nodes' networks carried it; empty: the default one
  std::string method;  ///< by_udp or by_control

  /// Both delays together, without the answerer's own time; negative only for stamps that lie.
  [[nodiscard]] std::int64_t round_trip() const noexcept { return (t4 - t1) - (t3 - t2); }
};

} // namespace peernet

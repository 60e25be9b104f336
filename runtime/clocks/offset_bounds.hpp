// SPDX-License-Identifier: MIT
// What one exchange of four stamps says for certain of two clocks.
#pragma once

#include "runtime/clocks/probe.hpp"

#include <algorithm>
#include <cstdint>

namespace peernet {

/// Two certain bounds of offset = `to` − `from`, by the time of `from`, ns. Certain because no
/// delay is negative, however asymmetric the path.
struct offset_bounds {
  std::int64_t high_at = 0; ///< at this time the offset was at most `high`
  std::int64_t high = 0;
  std::int64_t low_at = 0; ///< at this time the offset was at least `low`
  std::int64_t low = 0;
  std::int64_t round_trip = 0; ///< both delays together; `high` − `low` but for the drift meanwhile
  bool coarse = false;         ///< over the control plane, which hides steps that datagrams show

  /// The exchange lasted from here …
  [[nodiscard]] std::int64_t begin() const noexcept { return std::min(high_at, low_at); }
  /// … to here.
  [[nodiscard]] std::int64_t end() const noexcept { return std::max(high_at, low_at); }
  /// The offset that NTP computes: exact if both delays were equal.
  [[nodiscard]] std::int64_t middle() const noexcept { return low + (high - low) / 2; }

  bool operator==(const offset_bounds&) const = default;
};

/// `from` is the clock of the node that asked, or that of the one that answered.
[[nodiscard]] inline offset_bounds bounds_of(const probe& p, bool from_asker) noexcept {
  if (from_asker)
    return {p.t1, p.t2 - p.t1, p.t4, p.t3 - p.t4, p.round_trip(), p.method == by_control};
  return {p.t3, p.t4 - p.t3, p.t2, p.t1 - p.t2, p.round_trip(), p.method == by_control};
}

} // namespace peernet

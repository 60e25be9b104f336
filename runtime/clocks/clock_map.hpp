// SPDX-License-Identifier: MIT
// Applies clock segments to raw stamps: the same conversions as the views of run.db, for code.
#pragma once

#include "runtime/clocks/clock_segment.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace peernet {

/// A time or a difference of times, with its ± bound; both ns.
struct mapped_ns {
  std::int64_t ns = 0;
  std::int64_t bound = 0;
};

/// Conversions between the clocks of a run. Immutable.
class clock_map {
public:
  /// The reference clock maps to itself, whether or not `segments` says so.
  explicit clock_map(std::vector<clock_segment> segments = {});

  /// On the reference clock; nothing if there is no estimate for this clock.
  [[nodiscard]] std::optional<mapped_ns> to_reference(clock_id clock, std::int64_t t) const;

  /// How long it was from `begin` to `end`, in seconds of the reference clock. Either both ends are
  /// mapped to it, or `begin` to the clock of `end` (directly, if the two were compared), whose
  /// rate is known better than its offset: whichever leaves the narrower bound, the latter if
  /// neither does. On one clock, where an end cannot be mapped, its own seconds, with a bound for
  /// any rate that clocks have, unless it may have stepped meanwhile; for two such clocks nothing.
  [[nodiscard]] std::optional<mapped_ns> between(clock_id begin_clock, std::int64_t begin,
                                                 clock_id end_clock, std::int64_t end) const;

  [[nodiscard]] const std::vector<clock_segment>& segments() const noexcept { return segments_; }

private:
  [[nodiscard]] const clock_segment* to_reference_at(clock_id clock, std::int64_t t) const;
  /// It is known to have, perhaps, between these times.
  [[nodiscard]] bool may_have_stepped(clock_id clock, std::int64_t begin, std::int64_t end) const;
  [[nodiscard]] std::vector<clock_segment>::const_iterator behind(clock_id from, clock_id to,
                                                                  std::int64_t t) const;
  [[nodiscard]] const clock_segment* find(clock_id from, clock_id to, std::int64_t t) const;

  std::vector<clock_segment> segments_; // by from, to, first_ns
};

} // namespace peernet

// SPDX-License-Identifier: MIT
// How one clock runs beside another over a whole run: straight pieces, each with a bound that
// holds, and by name and time what was not straight. Nothing is smoothed over: where a clock
// stepped, the bound covers both sides of the step.
//
// The bound of a piece is what all lines that fit through its exchanges leave open (offset_strip),
// plus an allowance for clocks that are not quite straight. Whether they are is tested: with
// straight clocks there is room for a line as wide as the shortest delays there and back together.
// The shortest round trip is hardly longer than that unless queues come and go, which shows in the
// round trips themselves; room that is missing without such queues means that the clocks bend, and
// the piece is cut smaller. Room that is missing for whatever reason, also in comparison with what
// short parts of the piece leave, goes into the bound, twice: so much is the truth away from the
// line at most at the moment of a quick exchange. What no bound can cover is a clock that leaves
// the line and comes back between two quick exchanges: probe more often than clocks may do that.
#pragma once

#include "runtime/clocks/clock_segment.hpp"
#include "runtime/clocks/offset_bounds.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace peernet {

/// What is taken for granted of clocks.
struct course_settings {
  /// The longest piece that one line covers; exchanges beyond its ends, a quarter of its length,
  /// help the line.
  std::int64_t window_ns = 8'000'000'000;
  /// The rates change against each other by less than this within a window: quartz follows the
  /// temperature with at most some 1e-6 per kelvin.
  double rate_change = 1e-7;
  /// The same over any time without exchanges.
  double rate_beyond = 1e-6;
  /// Where the clocks bend: the time of which the quickest exchange is a knot.
  std::int64_t cell_ns = 100'000'000;

  /// For clocks that are compared once per `interval_ns` on average: a window sees enough of them
  /// to tell a line from a bend.
  [[nodiscard]] static course_settings probed_every(std::int64_t interval_ns) noexcept {
    constexpr std::int64_t enough = 16;
    course_settings s;
    if (const auto longer = enough * interval_ns; longer > s.window_ns) {
      s.rate_change *= static_cast<double>(longer) / static_cast<double>(s.window_ns);
      s.window_ns = longer;
    }
    return s;
  }
};

/// Something about two clocks that no straight line explains.
struct course_event {
  enum class kind : std::uint8_t {
    step,      ///< one of the clocks jumped
    wander,    ///< their rates changed against each other
    bad_stamp, ///< one exchange contradicts all others around it; it was left out
    disagrees, ///< the least-squares line of the fastest exchanges leaves the bound
  };
  kind what = kind::step;
  std::int64_t begin_ns = 0;      ///< it happened between here …
  std::int64_t end_ns = 0;        ///< … and here, by the clock `from`
  std::int64_t size_ns = 0;       ///< of the step (signed), the bend, the contradiction
  std::int64_t size_bound_ns = 0; ///< ± of a step's size
};

/// The least-squares line through the offsets that NTP would compute from the fastest 5 % of the
/// exchanges, beside the estimate. Independent of hulls, but no bound: a check.
struct cross_check {
  std::int64_t time_ns = 0;       ///< in the middle of the exchanges where the two differ most
  std::int64_t offset_ns = 0;     ///< of the least-squares line then
  std::int64_t difference_ns = 0; ///< least squares − estimate
  std::int64_t bound_ns = 0;      ///< of the estimate
};

/// The course of `to` beside `from`.
struct clock_course {
  std::vector<clock_segment> segments; ///< cover all time; empty: not one usable exchange
  std::vector<course_event> events;    ///< by time
  std::vector<offset_bounds> left_out; ///< exchanges with bad stamps, of use for nothing
  std::optional<cross_check> checked;  ///< nothing: too few exchanges

  /// The segment that holds at `t`. Not of an empty course.
  [[nodiscard]] const clock_segment& at(std::int64_t t) const;
};

/// `exchanges`: bounds of `to` − `from`, in any order.
[[nodiscard]] clock_course estimate_course(std::vector<offset_bounds> exchanges, clock_id from,
                                           clock_id to, const course_settings& settings = {});

} // namespace peernet

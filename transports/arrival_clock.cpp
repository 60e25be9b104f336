// SPDX-License-Identifier: MIT
#include "transports/arrival_clock.hpp"

#include "runtime/core/clock.hpp"

#include <algorithm>

namespace peernet {

namespace {

constexpr duration undisturbed{1'000};
/// A step of the wall clock that is smaller than the readings are wide goes unnoticed: daemons
/// step by milliseconds and slew what is less.
constexpr duration widest{10'000};
/// Each of the two clocks is cut to whole nanoseconds.
constexpr duration rounding{2};

/// CLOCK_MONOTONIC − CLOCK_REALTIME was at least and at most so much.
std::int64_t least(const wall_reading& r) {
  return to_ns(r.before) - r.wall_ns;
}
std::int64_t most(const wall_reading& r) {
  return to_ns(r.after) - r.wall_ns;
}

} // namespace

wall_reading read_wall() noexcept {
  wall_reading best;
  for (int attempt = 0; attempt < 3; ++attempt) {
    wall_reading r;
    r.before = clock::machine_now();
    r.wall_ns = wall_clock_ns();
    r.after = clock::machine_now();
    if (attempt == 0 || r.width() < best.width())
      best = r;
    if (best.width() <= undisturbed)
      break;
  }
  return best;
}

/// Let the datagram arrive at τ, when the wall clock showed k. Without a step between τ and the
/// reading, τ = k + difference ≤ k + most(now). If the wall clock was set in between, forwards by
/// δ, that gives τ − δ: earlier than the truth, but also earlier than the step, so it lies before
/// `constant_since_`. Set backwards it gives τ + δ, which is late and so harmless. `now.after` is
/// late whatever happened; of two late stamps the earlier one is better.
arrival_clock::arrival arrival_clock::arrival_of(std::optional<std::int64_t> wall_ns,
                                                 const wall_reading& now) noexcept {
  if (now.width() > widest)
    return {now.after, false};
  const auto gap = std::max(least(now) - most(last_), least(last_) - most(now));
  if (gap > to_ns(rounding))
    constant_since_ = now.after;
  last_ = now;
  if (!wall_ns)
    return {now.after, false};
  const auto converted = stamp_from_ns(*wall_ns + most(now));
  if (converted < constant_since_ || converted > now.after + now.width())
    return {now.after, false};
  return {std::min(converted, now.after), true};
}

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "runtime/clocks/clock_map.hpp"

#include "runtime/clocks/offset_strip.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace peernet {

clock_map::clock_map(std::vector<clock_segment> segments) : segments_(std::move(segments)) {
  std::sort(segments_.begin(), segments_.end(), [](const auto& a, const auto& b) {
    return std::tie(a.from, a.to, a.first_ns) < std::tie(b.from, b.to, b.first_ns);
  });
}

/// The first segment of the pair that begins after t, or what lies behind the pair's last.
std::vector<clock_segment>::const_iterator clock_map::behind(clock_id from, clock_id to,
                                                             std::int64_t t) const {
  return std::upper_bound(segments_.begin(), segments_.end(), std::tie(from, to, t),
                          [](const auto& wanted, const clock_segment& s) {
                            return wanted < std::tie(s.from, s.to, s.first_ns);
                          });
}

const clock_segment* clock_map::find(clock_id from, clock_id to, std::int64_t t) const {
  const auto next = behind(from, to, t);
  if (next == segments_.begin())
    return nullptr;
  const auto& s = *std::prev(next);
  return s.from == from && s.to == to && t <= s.last_ns ? &s : nullptr;
}

const clock_segment* clock_map::to_reference_at(clock_id clock, std::int64_t t) const {
  static constexpr clock_segment itself;
  return clock == reference_clock ? &itself : find(clock, reference_clock, t);
}

bool clock_map::may_have_stepped(clock_id clock, std::int64_t begin, std::int64_t end) const {
  auto s = behind(clock, reference_clock, begin);
  if (s != segments_.begin())
    --s; // it may last until then
  for (; s != segments_.end() &&
         std::tie(s->from, s->to, s->first_ns) <= std::tie(clock, reference_clock, end);
       ++s)
    if (s->from == clock && s->to == reference_clock && s->unsteady() && s->last_ns >= begin)
      return true;
  return false;
}

std::optional<mapped_ns> clock_map::to_reference(clock_id clock, std::int64_t t) const {
  const auto* s = to_reference_at(clock, t);
  if (!s)
    return std::nullopt;
  return mapped_ns{s->convert(t), s->bound(t)};
}

std::optional<mapped_ns> clock_map::between(clock_id begin_clock, std::int64_t begin,
                                            clock_id end_clock, std::int64_t end) const {
  const auto* b = to_reference_at(begin_clock, begin);
  const auto* e = to_reference_at(end_clock, end);
  std::optional<mapped_ns> across;
  if (b && e)
    across = mapped_ns{e->convert(end) - b->convert(begin), b->bound(begin) + e->bound(end)};

  const bool one_clock = begin_clock == end_clock;
  const auto* direct = one_clock ? nullptr : find(begin_clock, end_clock, begin);
  if (!one_clock && !direct)
    return across;
  // When it began, on the clock it ended by, and by how much that may be wrong.
  const auto from = one_clock ? begin : direct->convert(begin);
  const auto off = one_clock ? 0 : direct->bound(begin);
  const bool steady = e && e->steady_at(from - off) && e->steady_at(from + off);
  if (!steady && across)
    return across;
  if (!steady && may_have_stepped(end_clock, std::min(from - off, end), std::max(from + off, end)))
    return std::nullopt;
  static constexpr clock_segment any_rate{.drift_bound = offset_strip::steepest};
  const auto& line = steady ? *e : any_rate;
  const auto vague = static_cast<double>(off);
  const mapped_ns along{
      line.convert(end) - line.convert(from),
      std::llround(vague * (1 + std::fabs(line.drift)) +
                   line.drift_bound * (std::fabs(static_cast<double>(end - from)) + vague))};
  return across && across->bound < along.bound ? across : along;
}

} // namespace peernet

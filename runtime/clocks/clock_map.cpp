// SPDX-License-Identifier: MIT
#include "runtime/clocks/clock_map.hpp"

#include <algorithm>
#include <tuple>

namespace peernet {

clock_map::clock_map(std::vector<clock_segment> segments) : segments_(std::move(segments)) {
  std::sort(segments_.begin(), segments_.end(), [](const auto& a, const auto& b) {
    return std::tie(a.from, a.to, a.first_ns) < std::tie(b.from, b.to, b.first_ns);
  });
}

const clock_segment* clock_map::find(clock_id from, clock_id to, std::int64_t t) const {
  // The last segment of the pair that begins at or before t.
  const auto behind = std::upper_bound(segments_.begin(), segments_.end(), std::tie(from, to, t),
                                       [](const auto& wanted, const clock_segment& s) {
                                         return wanted < std::tie(s.from, s.to, s.first_ns);
                                       });
  if (behind == segments_.begin())
    return nullptr;
  const auto& s = *std::prev(behind);
  return s.from == from && s.to == to && t <= s.last_ns ? &s : nullptr;
}

std::optional<mapped_ns> clock_map::to_reference(clock_id clock, std::int64_t t) const {
  if (clock == reference_clock)
    return mapped_ns{t, 0};
  const auto* s = find(clock, reference_clock, t);
  if (!s)
    return std::nullopt;
  return mapped_ns{s->convert(t), s->bound(t)};
}

std::optional<mapped_ns> clock_map::between(clock_id begin_clock, std::int64_t begin,
                                            clock_id end_clock, std::int64_t end) const {
  if (begin_clock == end_clock)
    return mapped_ns{end - begin, 0};
  if (const auto* direct = find(begin_clock, end_clock, begin))
    return mapped_ns{end - direct->convert(begin), direct->bound(begin)};
  const auto b = to_reference(begin_clock, begin);
  const auto e = to_reference(end_clock, end);
  if (!b || !e)
    return std::nullopt;
  return mapped_ns{e->ns - b->ns, b->bound + e->bound};
}

} // namespace peernet

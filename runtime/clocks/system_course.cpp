// SPDX-License-Identifier: MIT
#include "runtime/clocks/system_course.hpp"

#include <algorithm>
#include <vector>

namespace peernet {

namespace {

/// Between two looks the kernel's maximum error may have been higher than at either by this much
/// per time: so fast it grows until a daemon corrects it (MAXFREQ in the kernel's ntp.c, 500 ppm).
constexpr double error_growth = 500e-6;

/// One look as an interval of an offset at a time.
struct look {
  std::int64_t time;
  double low, high;
  bool usable;
};

/// Between neighbouring usable looks: as wide as both, and what the error may have grown meanwhile.
interval_course between(std::vector<look> looks) {
  std::ranges::sort(looks, {}, &look::time);
  interval_course course;
  for (std::size_t i = 0; i + 1 < looks.size(); ++i) {
    const auto &a = looks[i], &b = looks[i + 1];
    if (!a.usable || !b.usable || a.time == b.time)
      continue;
    const auto grown = error_growth * static_cast<double>(b.time - a.time);
    course.push_back({a.time, b.time - 1, std::min(a.low, b.low) - grown,
                      std::max(a.high, b.high) + grown, 0, 0});
    if (a.low - b.high > grown || b.low - a.high > grown)
      course.back().forget_rate(); // it stepped
  }
  return course;
}

} // namespace

interval_course system_course(std::span<const clock_discipline> looks, clock_id from, clock_id to) {
  if (looks.empty())
    return {};
  // Wall time counts from one of the looks: a double cannot hold nanoseconds since 1970.
  const auto base = looks.front().wall_ns;
  std::vector<look> to_wall, from_wall;
  for (const auto& l : looks) {
    const auto wall = l.wall_ns - base;
    const auto error = static_cast<double>(l.max_error_ns);
    if (l.clock == from) {
      const auto offset = static_cast<double>(wall - l.time_ns);
      to_wall.push_back({l.time_ns, offset - error, offset + error, l.synchronised});
    }
    if (l.clock == to) {
      const auto offset = static_cast<double>(l.time_ns - wall);
      from_wall.push_back({wall, offset - error, offset + error, l.synchronised});
    }
  }
  return compose(between(std::move(to_wall)), between(std::move(from_wall)));
}

} // namespace peernet

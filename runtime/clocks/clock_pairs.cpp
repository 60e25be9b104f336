// SPDX-License-Identifier: MIT
#include "runtime/clocks/clock_pairs.hpp"

#include "runtime/clocks/clock_map.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace peernet {

namespace {

struct extent {
  std::int64_t begin, end;
};

/// Not of nothing.
extent extent_of(const std::vector<offset_bounds>& exchanges) {
  return {std::ranges::min(exchanges, {}, &offset_bounds::begin).begin(),
          std::ranges::max(exchanges, {}, &offset_bounds::end).end()};
}

/// The time nearest to the middle of [begin, end] at which `bound` is at most twice as wide as at
/// its best: away from steps and gaps.
template <class Bound>
std::int64_t calm_time(std::int64_t begin, std::int64_t end, Bound bound) {
  constexpr std::int64_t looks = 16; // on either side
  const auto middle = begin + (end - begin) / 2;
  std::vector<std::int64_t> times{middle};
  for (std::int64_t i = 1; i <= looks; ++i)
    for (const auto side : {-1, 1})
      times.push_back(middle + side * ((end - begin) / 2 / looks * i));
  const auto best = bound(std::ranges::min(times, {}, bound));
  return *std::ranges::find_if(times, [&](std::int64_t t) { return bound(t) <= 2 * best; });
}

/// The pair's offset `to` − `from` as seen from the node `from`, whichever way round it was asked.
std::optional<mapped_ns> offset_between(std::span<const node_pair> pairs, node_id from, node_id to,
                                        std::int64_t t) {
  for (const auto& p : pairs) {
    if (p.from == from && p.to == to) {
      const auto& s = p.course->at(t);
      return mapped_ns{s.convert(t) - t, s.bound(t)};
    }
    if (p.from == to && p.to == from) {
      auto other = t; // by the clock of p.from; clocks drift so little that this converges at once
      for (int i = 0; i < 4; ++i)
        other = t - (p.course->at(other).convert(other) - other);
      const auto& s = p.course->at(other);
      return mapped_ns{other - s.convert(other), s.bound(other)};
    }
  }
  return std::nullopt;
}

} // namespace

std::vector<node_pair> pairs_of(probed_paths& paths) {
  std::vector<node_pair> pairs;
  for (const auto& path : paths.all()) {
    if (std::ranges::any_of(pairs, [&](const node_pair& p) { return path.joins(p.from, p.to); }))
      continue;
    const auto sides = paths.of_nodes(path.asker, path.answerer);
    const auto& course = paths.course(sides);
    if (course.segments.empty())
      continue;
    const auto [begin, end] = extent_of(paths.usable(sides));
    pairs.push_back({.from = path.asker,
                     .to = path.answerer,
                     .clock = path.local,
                     .shared = path.shared(),
                     .course = &course,
                     .begin_ns = begin,
                     .end_ns = end});
  }
  return pairs;
}

std::vector<clock_pair> pair_rows(probed_paths& paths) {
  std::vector<clock_pair> rows;
  for (std::size_t i = 0; i < paths.all().size(); ++i) {
    const std::vector<path_side> side{{i, true}};
    const auto& course = paths.course(side);
    if (course.segments.empty())
      continue;
    const auto& path = paths.all()[i];
    const auto exchanges = paths.usable(side);
    std::vector<std::int64_t> trips;
    for (const auto& b : exchanges)
      trips.push_back(b.round_trip);
    const auto median = trips.begin() + static_cast<std::ptrdiff_t>(trips.size() / 2);
    std::ranges::nth_element(trips, median);
    const auto [begin, end] = extent_of(exchanges);
    const auto calm = calm_time(begin, end, [&](std::int64_t t) { return course.at(t).bound(t); });
    const auto& s = course.at(calm);
    clock_pair row{.asker = path.asker,
                   .answerer = path.answerer,
                   .network = path.network,
                   .method = path.method,
                   .shared = path.shared(),
                   .exchanges = exchanges.size(),
                   .bad_stamps = course.left_out.size(),
                   .shortest_ns = std::ranges::min(trips),
                   .median_ns = *median,
                   .offset_ns = s.convert(calm) - calm,
                   .drift = s.drift,
                   .bound_ns = s.bound(calm),
                   .checked = course.checked};
    for (const auto& each : course.segments)
      for (const auto t : {std::max(each.first_ns, begin), std::min(each.last_ns, end)})
        if (t >= each.first_ns && t <= each.last_ns)
          row.worst_bound_ns = std::max(row.worst_bound_ns, each.bound(t));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<clock_loop> loops_of(std::span<const node_pair> pairs) {
  std::vector<clock_loop> loops;
  for (std::size_t i = 0; i < pairs.size(); ++i)
    for (std::size_t j = i + 1; j < pairs.size(); ++j) {
      // Two pairs that have a node in common, and a third that closes the loop behind them.
      const auto &p = pairs[i], &q = pairs[j];
      const auto common = q.from == p.from || q.from == p.to ? q.from : q.to;
      if (common != p.from && common != p.to)
        continue;
      const auto a = p.from, b = p.to;
      const auto c = q.from == common ? q.to : q.from;
      const auto closing = std::find_if(
          pairs.begin() + static_cast<std::ptrdiff_t>(j) + 1, pairs.end(), [&](const node_pair& r) {
            const auto other = common == a ? b : a;
            return (r.from == other && r.to == c) || (r.from == c && r.to == other);
          });
      if (closing == pairs.end())
        continue;
      const auto round = [&](std::int64_t t) {
        const auto ab = offset_between(pairs, a, b, t);
        const auto bc = offset_between(pairs, b, c, t + ab->ns);
        const auto ac = offset_between(pairs, a, c, t);
        return mapped_ns{ab->ns + bc->ns - ac->ns, ab->bound + bc->bound + ac->bound};
      };
      const auto found =
          round(calm_time(p.begin_ns, p.end_ns, [&](std::int64_t t) { return round(t).bound; }));
      loops.push_back({.nodes = {a, b, c}, .residual_ns = found.ns, .bound_ns = found.bound});
    }
  return loops;
}

} // namespace peernet

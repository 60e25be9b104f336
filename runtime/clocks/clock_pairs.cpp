// SPDX-License-Identifier: MIT
#include "runtime/clocks/clock_pairs.hpp"

#include "runtime/clocks/clock_map.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace peernet {

namespace {

bool joins(const probe& p, node_id a, node_id b) {
  return (p.asker == a && p.answerer == b) || (p.asker == b && p.answerer == a);
}

const clock_segment& segment_at(const clock_course& course, std::int64_t t) {
  const auto behind = std::ranges::upper_bound(course.segments, t, {}, &clock_segment::first_ns);
  return *std::prev(behind); // they cover all time
}

void estimate(node_pair& p) {
  p.course = estimate_course(p.exchanges, 0, 1);
  p.begin_ns = std::ranges::min(p.exchanges, {}, &offset_bounds::begin).begin();
  p.end_ns = std::ranges::max(p.exchanges, {}, &offset_bounds::end).end();
}

/// The pair's offset `to` − `from` as seen from the node `from`, whichever way round it was asked.
std::optional<mapped_ns> offset_between(std::span<const node_pair> pairs, node_id from, node_id to,
                                        std::int64_t t) {
  for (const auto& p : pairs) {
    if (p.from == from && p.to == to) {
      const auto& s = segment_at(p.course, t);
      return mapped_ns{s.convert(t) - t, s.bound(t)};
    }
    if (p.from == to && p.to == from) {
      auto other = t; // by the clock of p.from; clocks drift so little that this converges at once
      for (int i = 0; i < 4; ++i)
        other = t - (segment_at(p.course, other).convert(other) - other);
      const auto& s = segment_at(p.course, other);
      return mapped_ns{other - s.convert(other), s.bound(other)};
    }
  }
  return std::nullopt;
}

} // namespace

std::vector<node_pair> pairs_of(std::span<const probe> probes) {
  std::vector<node_pair> pairs;
  for (const auto& p : probes) {
    auto at =
        std::ranges::find_if(pairs, [&](const node_pair& q) { return joins(p, q.from, q.to); });
    if (at == pairs.end())
      at = pairs.insert(at, {.from = p.asker,
                             .to = p.answerer,
                             .shared = p.local == p.remote,
                             .exchanges = {},
                             .course = {}});
    at->exchanges.push_back(bounds_of(p, p.asker == at->from));
  }
  for (auto& p : pairs)
    estimate(p);
  std::erase_if(pairs, [](const node_pair& p) { return p.course.segments.empty(); });
  return pairs;
}

std::vector<clock_pair> pair_rows(std::span<const probe> probes) {
  struct path {
    const probe* first;
    std::vector<offset_bounds> exchanges;
  };
  std::vector<path> paths;
  for (const auto& p : probes) {
    auto at = std::ranges::find_if(paths, [&](const path& q) {
      return joins(p, q.first->asker, q.first->answerer) && q.first->network == p.network &&
             q.first->method == p.method;
    });
    if (at == paths.end())
      at = paths.insert(at, {&p, {}});
    at->exchanges.push_back(bounds_of(p, p.asker == at->first->asker));
  }
  std::vector<clock_pair> rows;
  for (auto& path : paths) {
    clock_pair row{.asker = path.first->asker,
                   .answerer = path.first->answerer,
                   .network = path.first->network,
                   .method = path.first->method,
                   .shared = path.first->local == path.first->remote,
                   .exchanges = path.exchanges.size(),
                   .checked = std::nullopt};
    std::vector<std::int64_t> trips;
    auto begin = INT64_MAX, end = INT64_MIN;
    for (const auto& b : path.exchanges) {
      trips.push_back(b.round_trip);
      begin = std::min(begin, b.begin());
      end = std::max(end, b.end());
    }
    const auto median = trips.begin() + static_cast<std::ptrdiff_t>(trips.size() / 2);
    std::ranges::nth_element(trips, median);
    row.median_ns = *median;
    row.shortest_ns = std::ranges::min(trips);
    const auto course = estimate_course(std::move(path.exchanges), 0, 1);
    if (course.segments.empty())
      continue;
    const auto middle = begin + (end - begin) / 2;
    const auto& s = segment_at(course, middle);
    row.offset_ns = s.convert(middle) - middle;
    row.drift = s.drift;
    row.bound_ns = s.bound(middle);
    for (const auto& each : course.segments)
      for (const auto t : {std::max(each.first_ns, begin), std::min(each.last_ns, end)})
        if (t >= each.first_ns && t <= each.last_ns)
          row.worst_bound_ns = std::max(row.worst_bound_ns, each.bound(t));
    row.checked = course.checked;
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
      const auto t = p.begin_ns + (p.end_ns - p.begin_ns) / 2;
      const auto ab = offset_between(pairs, a, b, t);
      const auto bc = offset_between(pairs, b, c, t + ab->ns);
      const auto ac = offset_between(pairs, a, c, t);
      loops.push_back({.nodes = {a, b, c},
                       .residual_ns = ab->ns + bc->ns - ac->ns,
                       .bound_ns = ab->bound + bc->bound + ac->bound});
    }
  return loops;
}

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "runtime/trace/duration_sums.hpp"

#include "runtime/core/units.hpp"
#include "runtime/trace/run_fact.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace peernet {

namespace {

// How clocks come to be compared at all times.
constexpr std::string_view probed =
    "let UDP pass between the nodes (clock probes), or keep the control connection up until the "
    "run has ended";
constexpr std::string_view disciplined =
    "let a time daemon with a reachable server keep the clocks of both machines, or have nodes "
    "compare them ([clock] method = \"probe\")";

/// Steps that are no part of the way from the intended time to the end.
bool beside_the_way(std::uint16_t what) {
  return what == static_cast<std::uint16_t>(step::notice);
}

} // namespace

duration_sums::duration_sums(const run_context& context)
    : context_(context), row_of_(context.origins.size(), none) {}

void duration_sums::add(const joined_trace& t, const std::vector<ending>& endings) {
  extent(t);
  if (t.warmup)
    return;
  steps(t);
  if (t.sample)
    for (const auto& a : first_arrivals(t, endings))
      path(t, a);
}

void duration_sums::write(run_summary& s, clock_basis basis) {
  s.begin_ns = begin_.value_or(0);
  s.length = duration{begin_ && end_ ? std::max<std::int64_t>(*end_ - *begin_, 0) : 0};
  std::sort(steps_.begin(), steps_.end(), [](const step_sum& a, const step_sum& b) {
    return std::tuple(a.route, a.mean_begin(), a.what) <
           std::tuple(b.route, b.mean_begin(), b.what);
  });
  for (auto& g : steps_)
    s.steps.push_back({.place = context_.shape.places[g.place].name,
                       .step = context_.step_name(g.what),
                       .durations = distribution_of(g.durations),
                       .share = g.whole > 0 ? std::optional(g.part / g.whole) : std::nullopt,
                       .bound_ns = g.bound});
  for (auto& [name, g] : paths_)
    s.paths.push_back({.path = name,
                       .end_to_end = distribution_of(g.durations),
                       .bound_ns = g.bound,
                       .unexplained = g.whole > 0 ? 1 - g.part / g.whole : 0});
  if (unmapped_ > 0)
    s.problems.push_back(fmt::format(
        "{} durations cross to a clock that was not compared with others at that time, and are in "
        "no figure: {}",
        unmapped_, basis == clock_basis::system ? disciplined : probed));
  std::uint64_t impossible = 0;
  for (auto& g : steps_)
    if (g.impossible > 0) {
      impossible += g.impossible;
      s.impossible.push_back(std::move(g.first_impossible));
    }
  if (impossible > 0)
    s.problems.push_back(
        fmt::format("{} durations are negative beyond their clock bound: a clock stepped or "
                    "drifted faster than assumed",
                    impossible));
}

duration_sums::step_sum& duration_sums::row_of(std::uint32_t origin) {
  auto& row = row_of_[origin];
  if (row == none) {
    const auto& o = context_.origins[origin];
    const auto place = context_.shape.routes[o.route].place;
    const auto [it, is_new] =
        numbers_.try_emplace({place, o.what}, static_cast<std::uint32_t>(steps_.size()));
    row = it->second;
    if (is_new) {
      steps_.emplace_back();
      steps_.back().place = place;
      steps_.back().what = o.what;
      steps_.back().route = first_route_of(place);
    }
  }
  return steps_[row];
}

route_id duration_sums::first_route_of(place_id place) const {
  route_id r = 0;
  while (context_.shape.routes[r].place != place)
    ++r;
  return r;
}

std::optional<mapped_ns> duration_sums::length_of(const joined_trace::span_fact& s) const {
  const auto& o = context_.origins[s.origin];
  return context_.clocks.between(o.begin_clock, s.begin_ns, o.end_clock, s.end_ns);
}

void duration_sums::extent(const joined_trace& t) {
  if (t.sample)
    if (const auto at = context_.clocks.to_reference(t.sample->clock, t.sample->intended_ns)) {
      begin_ = begin_ ? std::min(*begin_, at->ns) : at->ns;
      end_ = end_ ? std::max(*end_, at->ns) : at->ns;
    }
  for (const auto& f : t.fates)
    if (const auto at =
            context_.clocks.to_reference(context_.origins[f.origin].begin_clock, f.at_ns))
      end_ = end_ ? std::max(*end_, at->ns) : at->ns;
}

void duration_sums::steps(const joined_trace& t) {
  const auto intended = t.sample
                            ? context_.clocks.to_reference(t.sample->clock, t.sample->intended_ns)
                            : std::nullopt;
  for (const auto& s : t.spans) {
    const auto length = length_of(s);
    if (!length) {
      ++unmapped_;
      continue;
    }
    auto& row = row_of(s.origin);
    if (length->ns + length->bound < 0 && row.impossible++ == 0) {
      const auto& o = context_.origins[s.origin];
      row.first_impossible = {
          .how = clock_notice::weight::error,
          .time_ns = s.begin_ns,
          .clock = o.begin_clock,
          .node = o.begin_node,
          .what = std::string(negative_duration),
          .detail = fmt::format("{} {}: {} ± {}", context_.shape.places[row.place].name,
                                context_.step_name(row.what), show_duration(duration{length->ns}),
                                show_duration(duration{length->bound}))};
    }
    row.durations.push_back(length->ns);
    row.bound = std::max(row.bound, length->bound);
    const auto begin =
        context_.clocks.to_reference(context_.origins[s.origin].begin_clock, s.begin_ns);
    if (begin && intended) {
      row.begins += static_cast<double>(begin->ns - intended->ns);
      ++row.counted;
    }
  }
}

/// The first arrival by each path at each sink that the trace was delivered at.
const std::vector<duration_sums::path_arrival>&
duration_sums::first_arrivals(const joined_trace& t, const std::vector<ending>& endings) {
  arrivals_.clear();
  for (const auto& f : t.fates) {
    const auto& o = context_.origins[f.origin];
    const auto sink = context_.tree.sink_of(o.route);
    if (!sink || o.what != static_cast<std::uint16_t>(outcome::delivered))
      continue;
    const auto e = std::lower_bound(endings.begin(), endings.end(), *sink,
                                    [](const ending& a, std::uint32_t s) { return a.sink < s; });
    if (e != endings.end() && e->sink == *sink && e->arrival)
      arrivals_.push_back({&path_name(o.route), *sink, f.at_ns, o.begin_clock, o.route});
  }
  std::sort(arrivals_.begin(), arrivals_.end(), [](const auto& a, const auto& b) {
    return std::tie(*a.path, a.sink, a.at_ns) < std::tie(*b.path, b.sink, b.at_ns);
  });
  const auto again = std::unique(arrivals_.begin(), arrivals_.end(), [](auto& a, auto& b) {
    return a.sink == b.sink && *a.path == *b.path;
  });
  arrivals_.erase(again, arrivals_.end());
  return arrivals_;
}

void duration_sums::path(const joined_trace& t, const path_arrival& a) {
  const auto whole =
      context_.clocks.between(t.sample->clock, t.sample->intended_ns, a.clock, a.at_ns);
  if (!whole) {
    ++unmapped_;
    return;
  }
  auto& p = paths_[*a.path];
  p.durations.push_back(whole->ns);
  p.bound = std::max(p.bound, whole->bound);
  p.whole += static_cast<double>(whole->ns);
  ++deliveries_;
  for (const auto& s : t.spans) {
    const auto& o = context_.origins[s.origin];
    if (beside_the_way(o.what) || !context_.tree.leads_to(o.route, a.route))
      continue;
    if (const auto length = length_of(s)) {
      auto& row = row_of(s.origin);
      row.part += static_cast<double>(length->ns);
      p.part += static_cast<double>(length->ns);
      if (row.seen != deliveries_)
        row.whole += static_cast<double>(whole->ns);
      row.seen = deliveries_;
    }
  }
}

const std::string& duration_sums::path_name(route_id route) {
  auto& name = path_names_[route];
  if (name.empty())
    name = context_.tree.path(route);
  return name;
}

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "runtime/clocks/clock_course.hpp"

#include "runtime/clocks/stretch_fit.hpp"
#include "runtime/clocks/stretches.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <utility>

namespace peernet {

namespace {

/// Bends that follow within a window are one wander.
void add_event(std::vector<course_event>& events, const course_event& e, std::int64_t window_ns) {
  if (!events.empty()) {
    auto& last = events.back();
    if (last.what == course_event::kind::wander && e.what == last.what &&
        e.begin_ns <= last.end_ns + window_ns) {
      last.end_ns = std::max(last.end_ns, e.end_ns);
      last.size_ns = std::max(last.size_ns, e.size_ns);
      return;
    }
  }
  events.push_back(e);
}

/// Within the time between two stretches either may hold: one segment as wide as both. Both grow
/// wider in one direction only, so that what encloses them at the ends does in between.
clock_segment either(const clock_segment& before, const clock_segment& after, std::int64_t begin,
                     std::int64_t end) {
  struct range {
    double low, high;
    [[nodiscard]] double middle() const noexcept { return (low + high) / 2; }
    [[nodiscard]] double half() const noexcept { return (high - low) / 2; }
  };
  const auto at = [&](std::int64_t t) {
    const auto lowest =
        std::min(before.convert(t) - before.bound(t), after.convert(t) - after.bound(t));
    const auto highest =
        std::max(before.convert(t) + before.bound(t), after.convert(t) + after.bound(t));
    return range{static_cast<double>(lowest - t), static_cast<double>(highest - t)};
  };
  const auto first = at(begin), last = at(end);
  // About as wide everywhere, as at a step: as wide everywhere. Else it is anchored where narrower.
  constexpr double about = 0.9;
  const auto most = std::max(first.half(), last.half());
  const auto least = std::min(first.half(), last.half());
  const bool even = least > about * most;
  const bool from_end = !even && last.half() < first.half();
  const auto length = static_cast<double>(std::max<std::int64_t>(1, end - begin));
  return {.from = before.from,
          .to = before.to,
          .first_ns = begin,
          .last_ns = end,
          .anchor_ns = from_end ? end : begin,
          .offset_ns = std::llround(from_end ? last.middle() : first.middle()),
          .drift = (last.middle() - first.middle()) / length,
          .bound_ns = static_cast<std::int64_t>(std::ceil(even ? most : least)) + 2, // roundings
          .bound_growth = even ? 0 : (most - least) / length,
          .steady_first_ns = INT64_MAX, // a step may be here
          .steady_last_ns = INT64_MIN};
}

/// What happened between two stretches, in [begin, end].
course_event change_of(const clock_segment& before, const clock_segment& after, std::int64_t begin,
                       std::int64_t end) {
  const auto jump = after.convert(end) - before.convert(end);
  const auto bound = before.bound(end) + after.bound(end);
  const auto apart = std::abs(jump) > bound;
  // If `from` jumped, less time passed than between its stamps: the line did not drift so far.
  const auto undrifted = std::abs(before.drift * static_cast<double>(jump));
  return {.what = apart ? course_event::kind::step : course_event::kind::wander,
          .begin_ns = begin,
          .end_ns = end,
          .size_ns = apart ? jump : std::abs(jump),
          .size_bound_ns = apart ? bound + std::llround(undrifted) : 0};
}

/// Widens `s` so that what `other` says may be true as well.
void allow(clock_segment& s, const clock_segment& other) {
  const auto t = s.anchor_ns;
  const auto low = std::min(s.convert(t) - s.bound(t), other.convert(t) - other.bound(t)) - t;
  const auto high = std::max(s.convert(t) + s.bound(t), other.convert(t) + other.bound(t)) - t;
  s.offset_ns = low + (high - low) / 2;
  s.bound_ns = (high - low) / 2 + 1;
  s.bound_growth = std::max(s.bound_growth, other.bound_growth + std::abs(other.drift - s.drift));
  s.forget_rate();
}

/// Where so few exchanges contradict their neighbours that their stamps may be bad: either is
/// possible.
void doubt(std::vector<fitted_stretch>& fitted, const std::vector<stretch>& stretches) {
  for (std::size_t i = 0; i < fitted.size(); ++i)
    if (stretches[i].doubtful())
      for (auto& s : fitted[i].segments) {
        if (i > 0)
          allow(s, fitted[i - 1].tail);
        if (i + 1 < fitted.size())
          allow(s, fitted[i + 1].head);
      }
}

/// What a lone exchange said may have been true as well, as long as nobody else looked: the pieces
/// there become as wide.
void allow(std::vector<clock_segment>& segments, const lone_exchange& lone) {
  std::vector<clock_segment> all;
  for (const auto& s : segments) {
    if (s.last_ns < lone.begin_ns || s.first_ns > lone.end_ns) {
      all.push_back(s);
      continue;
    }
    const auto add = [&](std::int64_t first, std::int64_t last) -> clock_segment& {
      all.push_back(s);
      all.back().first_ns = first;
      all.back().last_ns = last;
      return all.back();
    };
    const auto first = std::max(s.first_ns, lone.begin_ns);
    const auto last = std::min(s.last_ns, lone.end_ns);
    if (s.first_ns < first)
      add(s.first_ns, first - 1);
    const auto& said = lone.said;
    const auto over =
        std::max<std::int64_t>(0, said.high - (s.convert(said.high_at) - said.high_at));
    const auto under = std::max<std::int64_t>(0, s.convert(said.low_at) - said.low_at - said.low);
    auto& wide = add(first, last);
    wide.bound_ns = std::max({s.bound_ns, over, under}) + 1;
    wide.forget_rate();
    if (s.last_ns > last)
      add(last + 1, s.last_ns);
  }
  segments = std::move(all);
}

} // namespace

const clock_segment& clock_course::at(std::int64_t t) const {
  return *std::prev(std::ranges::upper_bound(segments, t, {}, &clock_segment::first_ns));
}

clock_course estimate_course(std::vector<offset_bounds> exchanges, clock_id from, clock_id to,
                             const course_settings& settings) {
  clock_course course;
  auto cut = cut_into_stretches(std::move(exchanges), settings);
  course.left_out = std::move(cut.left_out);
  auto events = cut.bad_stamps;
  std::vector<fitted_stretch> all;
  for (const auto& s : cut.stretches) {
    auto fitted = fit_stretch(s, from, to, settings);
    events.insert(events.end(), fitted.events.begin(), fitted.events.end());
    if (fitted.checked && (!course.checked || std::abs(fitted.checked->difference_ns) >
                                                  std::abs(course.checked->difference_ns)))
      course.checked = fitted.checked;
    if (!all.empty()) {
      const auto& before = all.back();
      const auto change = change_of(before.tail, fitted.head, before.segments.back().last_ns + 1,
                                    fitted.segments.front().first_ns - 1);
      if (!s.unwatched_before || change.what == course_event::kind::step)
        events.push_back(change);
    }
    all.push_back(std::move(fitted));
  }
  doubt(all, cut.stretches);
  auto& segments = course.segments;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0)
      segments.push_back(either(all[i - 1].tail, all[i].head, segments.back().last_ns + 1,
                                all[i].segments.front().first_ns - 1));
    segments.insert(segments.end(), all[i].segments.begin(), all[i].segments.end());
  }
  for (const auto& lone : cut.lone)
    allow(segments, lone);
  std::ranges::stable_sort(events, {}, &course_event::begin_ns);
  for (const auto& e : events)
    add_event(course.events, e, settings.window_ns);
  return course;
}

} // namespace peernet

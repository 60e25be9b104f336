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

/// Within the time between two stretches either may hold: one segment as wide as both.
clock_segment either(const clock_segment& before, const clock_segment& after, std::int64_t begin,
                     std::int64_t end) {
  auto low = INT64_MAX, high = INT64_MIN;
  for (const auto* s : {&before, &after})
    for (const auto t : {begin, end}) { // a segment's upper edge is convex, its lower one concave
      low = std::min(low, s->convert(t) - t - s->bound(t));
      high = std::max(high, s->convert(t) - t + s->bound(t));
    }
  return {.from = before.from,
          .to = before.to,
          .first_ns = begin,
          .last_ns = end,
          .anchor_ns = begin,
          .offset_ns = low + (high - low) / 2,
          .bound_ns = (high - low) / 2 + 1};
}

/// What happened between two stretches.
course_event change_of(const clock_segment& before, const clock_segment& after) {
  const auto begin = before.last_ns + 1, end = after.first_ns - 1;
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
}

/// Where so few exchanges contradict their neighbours that their stamps may be bad: either is
/// possible.
void doubt(std::vector<fitted_stretch>& fitted, const std::vector<stretch>& stretches) {
  for (std::size_t i = 0; i < fitted.size(); ++i)
    if (stretches[i].doubtful())
      for (auto& s : fitted[i].segments) {
        if (i > 0)
          allow(s, fitted[i - 1].segments.back());
        if (i + 1 < fitted.size())
          allow(s, fitted[i + 1].segments.front());
      }
}

} // namespace

const clock_segment& clock_course::at(std::int64_t t) const {
  return *std::prev(std::ranges::upper_bound(segments, t, {}, &clock_segment::first_ns));
}

clock_course estimate_course(std::vector<offset_bounds> exchanges, clock_id from, clock_id to,
                             const course_settings& settings) {
  clock_course course;
  const auto cut = cut_into_stretches(std::move(exchanges), settings);
  auto events = cut.bad_stamps;
  std::vector<fitted_stretch> all;
  for (const auto& s : cut.stretches) {
    auto fitted = fit_stretch(s, from, to, settings);
    events.insert(events.end(), fitted.events.begin(), fitted.events.end());
    if (fitted.checked && (!course.checked || std::abs(fitted.checked->difference_ns) >
                                                  std::abs(course.checked->difference_ns)))
      course.checked = fitted.checked;
    if (!all.empty())
      events.push_back(change_of(all.back().segments.back(), fitted.segments.front()));
    all.push_back(std::move(fitted));
  }
  doubt(all, cut.stretches);
  auto& segments = course.segments;
  for (const auto& fitted : all) {
    if (!segments.empty()) {
      const auto before = segments.back();
      const auto& after = fitted.segments.front();
      segments.push_back(either(before, after, before.last_ns + 1, after.first_ns - 1));
    }
    segments.insert(segments.end(), fitted.segments.begin(), fitted.segments.end());
  }
  std::ranges::stable_sort(events, {}, &course_event::begin_ns);
  for (const auto& e : events)
    add_event(course.events, e, settings.window_ns);
  return course;
}

} // namespace peernet

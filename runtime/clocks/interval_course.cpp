// SPDX-License-Identifier: MIT
#include "runtime/clocks/interval_course.hpp"

#include "runtime/clocks/offset_strip.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace peernet {

namespace {

/// The piece that holds `t`, or null.
const interval_piece* piece_at(const interval_course& course, std::int64_t t) {
  const auto behind = std::ranges::upper_bound(course, t, {}, &interval_piece::first_ns);
  if (behind == course.begin())
    return nullptr;
  const auto& p = *std::prev(behind);
  return t <= p.last_ns ? &p : nullptr;
}

interval_piece part_of(const interval_piece& p, std::int64_t first, std::int64_t last) {
  auto part = p;
  part.first_ns = first;
  part.last_ns = last;
  part.low = p.low_at(first);
  part.high = p.high_at(first);
  return part;
}

/// Sorted and unique: where a piece of the result may begin; the last one is behind its end.
std::vector<std::int64_t> sorted(std::vector<std::int64_t> times) {
  std::ranges::sort(times);
  const auto rest = std::ranges::unique(times);
  times.erase(rest.begin(), rest.end());
  return times;
}

/// Where two lines, given at `first`, cross within (first, last); `last` if they do not.
std::int64_t crossing(double a, double a_slope, double b, double b_slope, std::int64_t first,
                      std::int64_t last) {
  const auto at = (b - a) / (a_slope - b_slope);
  if (!(at > 0) || !(at < static_cast<double>(last - first)))
    return last;
  return std::min(last, first + static_cast<std::int64_t>(std::ceil(at)));
}

/// As wide as both, over the whole of a short piece.
interval_piece hull(const interval_piece& a, const interval_piece& b) {
  const auto t = a.last_ns;
  interval_piece both{a.first_ns,
                      t,
                      std::min({a.low, a.low_at(t), b.low, b.low_at(t)}),
                      std::max({a.high, a.high_at(t), b.high, b.high_at(t)}),
                      0,
                      0};
  both.forget_rate();
  return both;
}

/// What both say of the rate.
void narrow_rate(interval_piece& p, const interval_piece& a, const interval_piece& b) {
  p.slowest = std::max(a.slowest, b.slowest);
  p.fastest = std::min(a.fastest, b.fastest);
  if (a.unsteady() || b.unsteady() || p.slowest > p.fastest)
    p.forget_rate();
}

/// Both hold over the same piece of time: appends what both say.
void append_common(const interval_piece& a, const interval_piece& b, interval_course& out,
                   std::vector<course_conflict>& conflicts) {
  const auto first = a.first_ns, last = a.last_ns;
  // Between these times neither the lower nor the upper lines change their order.
  const auto cuts =
      sorted({first, last + 1, crossing(a.low, a.low_slope, b.low, b.low_slope, first, last + 1),
              crossing(a.high, a.high_slope, b.high, b.high_slope, first, last + 1)});
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    const auto pa = part_of(a, cuts[i], cuts[i + 1] - 1), pb = part_of(b, cuts[i], cuts[i + 1] - 1);
    const auto middle = pa.first_ns + (pa.last_ns - pa.first_ns) / 2;
    const auto& low = pa.low_at(middle) > pb.low_at(middle) ? pa : pb;
    const auto& high = pa.high_at(middle) < pb.high_at(middle) ? pa : pb;
    interval_piece common{pa.first_ns, pa.last_ns,    low.low,
                          high.high,   low.low_slope, high.high_slope};
    narrow_rate(common, a, b);
    const auto apart = std::max(common.low - common.high,
                                common.low_at(common.last_ns) - common.high_at(common.last_ns));
    if (apart <= 0) {
      out.push_back(common);
      continue;
    }
    out.push_back(hull(pa, pb));
    if (!conflicts.empty() && conflicts.back().end_ns + 1 == pa.first_ns) {
      conflicts.back().end_ns = pa.last_ns;
      conflicts.back().apart_ns =
          std::max<std::int64_t>(conflicts.back().apart_ns, std::llround(apart));
    } else {
      conflicts.push_back({pa.first_ns, pa.last_ns, std::llround(apart)});
    }
  }
}

/// The rates of the piece, and of its neighbours for so long.
constexpr std::int64_t reach_ns = 1'000'000'000;

void state_rate(clock_segment& s, const interval_course& course,
                interval_course::const_iterator at) {
  if (at->unsteady())
    return s.forget_rate();
  auto first = at, last = at;
  while (first != course.begin() && at->first_ns - first->first_ns < reach_ns) {
    const auto before = std::prev(first);
    if (before->unsteady() || before->last_ns + 1 != first->first_ns)
      break;
    first = before;
  }
  for (auto next = std::next(last); next != course.end(); ++next) {
    if (last->last_ns - at->last_ns >= reach_ns || next->unsteady() ||
        last->last_ns + 1 != next->first_ns)
      break;
    last = next;
  }
  s.steady_first_ns = first->first_ns;
  s.steady_last_ns = last->last_ns;
  for (auto p = first; p != std::next(last); ++p)
    s.drift_bound = std::max({s.drift_bound, p->fastest - s.drift, s.drift - p->slowest});
}

} // namespace

interval_course intervals_of(std::span<const clock_segment> segments, std::int64_t first_ns,
                             std::int64_t last_ns) {
  interval_course course;
  const auto add = [&](const clock_segment& s, std::int64_t first, std::int64_t last, double side) {
    if (first > last)
      return;
    const auto offset =
        static_cast<double>(s.offset_ns) + s.drift * static_cast<double>(first - s.anchor_ns);
    const auto growth = side * s.bound_growth;
    const auto bound =
        static_cast<double>(s.bound_ns) + growth * static_cast<double>(first - s.anchor_ns);
    course.push_back({first, last, offset - bound, offset + bound, s.drift - growth,
                      s.drift + growth, s.drift - s.drift_bound, s.drift + s.drift_bound});
    if (s.unsteady())
      course.back().forget_rate();
  };
  for (const auto& s : segments) {
    const auto first = std::max(s.first_ns, first_ns), last = std::min(s.last_ns, last_ns);
    add(s, first, std::min(last, s.anchor_ns - 1), -1); // towards the anchor it narrows
    add(s, std::max(first, s.anchor_ns), last, 1);
  }
  return course;
}

interval_course part_of(const interval_course& course, std::int64_t first_ns,
                        std::int64_t last_ns) {
  interval_course part;
  for (const auto& p : course)
    if (p.last_ns >= first_ns && p.first_ns <= last_ns)
      part.push_back(part_of(p, std::max(p.first_ns, first_ns), std::min(p.last_ns, last_ns)));
  return part;
}

interval_course compose(const interval_course& first, const interval_course& second) {
  interval_course course;
  for (const auto& p : first) {
    const auto middle = [&p](std::int64_t t) { return (p.low_at(t) + p.high_at(t)) / 2; };
    const auto shown = [&](std::int64_t t) { return t + std::llround(middle(t)); };
    const auto from_shown = [&](std::int64_t there) {
      auto t = there - std::llround(middle(p.first_ns));
      for (int i = 0; i < 3; ++i) // contracts by the drift each time
        t = there - std::llround(middle(t));
      return t;
    };
    std::vector<std::int64_t> cuts{p.first_ns, p.last_ns + 1};
    auto q = std::ranges::upper_bound(second, shown(p.first_ns), {}, &interval_piece::first_ns);
    if (q != second.begin())
      --q; // it may end within p
    for (; q != second.end() && q->first_ns <= shown(p.last_ns); ++q)
      for (const auto t : {from_shown(q->first_ns), from_shown(q->last_ns + 1)})
        if (t > p.first_ns && t <= p.last_ns)
          cuts.push_back(t);
    cuts = sorted(std::move(cuts));
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
      const auto a = cuts[i], b = cuts[i + 1] - 1;
      const auto* found = piece_at(second, shown(a + (b - a) / 2));
      if (!found)
        continue;
      // Where exactly in `second` is known to the width of `p` only; there it drifts.
      const auto vague =
          offset_strip::steepest * std::max(p.high_at(a) - p.low_at(a), p.high_at(b) - p.low_at(b));
      const auto span = static_cast<double>(std::max<std::int64_t>(1, b - a));
      const auto low_a = p.low_at(a) + found->low_at(shown(a)) - vague;
      const auto low_b = p.low_at(b) + found->low_at(shown(b)) - vague;
      const auto high_a = p.high_at(a) + found->high_at(shown(a)) + vague;
      const auto high_b = p.high_at(b) + found->high_at(shown(b)) + vague;
      course.push_back({a, b, low_a, high_a, (low_b - low_a) / span, (high_b - high_a) / span});
      if (p.unsteady() || found->unsteady())
        course.back().forget_rate();
    }
  }
  return course;
}

interval_course intersect(const interval_course& a, const interval_course& b,
                          std::vector<course_conflict>& conflicts) {
  std::vector<std::int64_t> cuts;
  for (const auto* course : {&a, &b})
    for (const auto& p : *course)
      cuts.insert(cuts.end(), {p.first_ns, p.last_ns + 1});
  cuts = sorted(std::move(cuts));
  interval_course out;
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    const auto first = cuts[i], last = cuts[i + 1] - 1;
    const auto *pa = piece_at(a, first), *pb = piece_at(b, first);
    if (pa && pb)
      append_common(part_of(*pa, first, last), part_of(*pb, first, last), out, conflicts);
    else if (pa || pb)
      out.push_back(part_of(pa ? *pa : *pb, first, last));
  }
  return out;
}

std::vector<clock_segment> segments_of(const interval_course& course, clock_id from, clock_id to) {
  std::vector<clock_segment> segments;
  for (auto at = course.begin(); at != course.end(); ++at) {
    const auto& p = *at;
    // The width changes linearly; the anchor is where it is smallest. Where it does not change, in
    // the middle: while a clock steps ahead the middle of what is possible is half the step behind,
    // and before the middle that may be behind the time at which the step began.
    const auto anchor = p.high_slope < p.low_slope   ? p.last_ns
                        : p.high_slope > p.low_slope ? p.first_ns
                                                     : p.first_ns + (p.last_ns - p.first_ns) / 2;
    const auto low = p.low_at(anchor), high = p.high_at(anchor);
    segments.push_back(
        {.from = from,
         .to = to,
         .first_ns = p.first_ns,
         .last_ns = p.last_ns,
         .anchor_ns = anchor,
         .offset_ns = std::llround((low + high) / 2),
         .drift = (p.low_slope + p.high_slope) / 2,
         .bound_ns = static_cast<std::int64_t>(std::ceil(std::max(0.0, high - low) / 2)) + 1,
         .bound_growth = std::abs(p.high_slope - p.low_slope) / 2});
    state_rate(segments.back(), course, at);
  }
  return segments;
}

} // namespace peernet

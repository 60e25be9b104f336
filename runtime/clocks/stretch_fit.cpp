// SPDX-License-Identifier: MIT
#include "runtime/clocks/stretch_fit.hpp"

#include "runtime/clocks/bent_pieces.hpp"
#include "runtime/clocks/least_squares.hpp"
#include "runtime/clocks/window.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>

namespace peernet {

namespace {

/// Room that is missing counts as a bend from here on; less only widens the bound. Below, it is the
/// scatter of the quickest delays.
constexpr double least_bend_ns = 1000;
constexpr double least_bend_share = 0.05; ///< of the shortest round trip
/// Of swings that go unseen: the largest rate, per time, that one of a second's period has for each
/// ns of its amplitude. What clocks do faster than that no probes show.
constexpr double swing_rate = 2 * std::numbers::pi * 1e-9;
/// What holds of short times is told by comparing so many groups of neighbouring exchanges.
constexpr std::size_t groups = 8;

std::int64_t shortest_of(std::span<const offset_bounds> some) {
  return std::ranges::min(some, {}, &offset_bounds::round_trip).round_trip;
}

/// The median over groups of neighbouring exchanges of what `value` says of one.
template <class Function>
auto typical(std::span<const offset_bounds> some, Function value) {
  const auto size = std::max<std::size_t>(1, some.size() / groups);
  std::vector<decltype(value(some))> values;
  for (std::size_t i = 0; i + size <= some.size(); i += size)
    values.push_back(value(some.subspan(i, size)));
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// How much longer than the shortest round trip that of a typical part of the exchanges is, ns: 0
/// on an idle path. So much of the room may be missing for want of quick exchanges.
double scatter_of(std::span<const offset_bounds> some) {
  return static_cast<double>(typical(some, shortest_of) - shortest_of(some));
}

class fitter {
public:
  fitter(const stretch& s, clock_id from, clock_id to, const course_settings& settings)
      : s_(s), all_(s.exchanges), from_(from), to_(to), settings_(settings) {}

  fitted_stretch fit() {
    const auto begin = std::max(s_.first_ns, all_.front().begin());
    const auto end = std::max(begin, std::min(s_.last_ns, last_moment()));
    if (s_.straight) {
      lay_windows(begin, end);
    } else {
      const auto strip = strip_of(all_, settings_.rate_change, begin, end);
      const auto room = static_cast<double>(shortest_of(all_)) / 2;
      bend(begin, end, all_, strip.middle().slope, room - strip.margin());
    }
    extend_to_ends(begin, end);
    return std::move(out_);
  }

private:
  /// Windows of equal length. Two of them share exchanges on both sides of their joint (`near`), so
  /// that a step there bends both lines.
  void lay_windows(std::int64_t begin, std::int64_t end) {
    const auto windows = std::max<std::int64_t>(1, (end - begin - 1) / settings_.window_ns + 1);
    const auto length = (end - begin) / windows;
    for (std::int64_t i = 0; i < windows; ++i)
      cover(begin + length * i, i + 1 < windows ? begin + length * (i + 1) : end);
  }

  [[nodiscard]] std::int64_t last_moment() const {
    return std::ranges::max(all_, {}, &offset_bounds::end).end();
  }

  /// The exchanges that help a line for [begin, end]. Enough from beyond its ends, though there may
  /// be a gap: a line must not go by one side of what may have been a step.
  [[nodiscard]] std::span<const offset_bounds> near(std::int64_t begin, std::int64_t end) const {
    constexpr auto enough = static_cast<std::ptrdiff_t>(stretch::witnesses);
    const auto number_of = [this](std::int64_t t) {
      return std::ranges::lower_bound(all_, t, {}, &offset_bounds::begin) - all_.begin();
    };
    const auto margin = overlap_of(end - begin);
    const auto first =
        std::clamp<std::ptrdiff_t>(number_of(begin) - enough, 0, number_of(begin - margin));
    const auto last = std::max(number_of(end + margin + 1),
                               std::min(number_of(end + 1) + enough, std::ssize(all_)));
    return all_.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first));
  }

  /// Covers [begin, end) with one segment, or with more where the clocks bend.
  void cover(std::int64_t begin, std::int64_t end) {
    const auto some = near(begin, end);
    const auto strip = strip_of(some, settings_.rate_change, begin, end);
    const auto expected = static_cast<double>(shortest_of(some)) / 2;
    const auto scatter = scatter_of(some) / 2;
    const auto missing = expected - strip.margin() - scatter;
    // Beside queues, room as large as their own scatter is missing by chance now and then.
    const auto least = std::max({least_bend_ns, least_bend_share * 2 * expected, scatter});
    if (strip.margin() < 0 || missing > least)
      return bend(begin, end, some, strip.middle().slope, missing);
    // What queues hide from the round trips: a short time leaves more room than the whole if the
    // clocks are not straight, be it a bend or a step smaller than the delays.
    const auto briefly = typical(some, [&](std::span<const offset_bounds> group) {
      return strip_of(group, settings_.rate_change).margin();
    });
    take(begin, end, some, strip, 2 * std::max({0.0, missing, briefly - strip.margin()}),
         least + scatter);
  }

  void bend(std::int64_t begin, std::int64_t end, std::span<const offset_bounds> some, double slope,
            double missing) {
    out_.events.push_back({.what = course_event::kind::wander,
                           .begin_ns = begin,
                           .end_ns = end,
                           .size_ns = std::llround(missing)});
    const auto pieces = cover_bent(some, from_, to_, begin, end, settings_.cell_ns, slope);
    segments().insert(segments().end(), pieces.begin(), pieces.end());
    // Nothing is known of the rates beyond.
    note_slopes({slope - offset_strip::steepest, slope + offset_strip::steepest});
  }

  void note_slopes(const offset_range& slopes) {
    slopes_ = slopes;
    if (!first_slopes_)
      first_slopes_ = slopes;
  }

  void take(std::int64_t begin, std::int64_t end, std::span<const offset_bounds> some,
            const offset_strip& strip, double more, double unnoticed) {
    const auto line = strip.middle();
    const auto widen = strip.slack() + more;
    const auto width = [&](std::int64_t t) {
      const auto range = strip.range(t);
      const auto value = line.value(t);
      return std::max(range.high - value, value - range.low) + widen;
    };
    // The width is convex: from the middle to either end it lies below the chord.
    const auto anchor = begin + (end - begin) / 2;
    const auto half = static_cast<double>(std::max<std::int64_t>(1, (end - begin) / 2));
    const auto best = width(anchor);
    const auto growth = std::max({0.0, width(begin) - best, width(end) - best}) / half;
    const auto value = line.value(anchor);
    segments().push_back({.from = from_,
                          .to = to_,
                          .first_ns = begin,
                          .last_ns = end - 1,
                          .anchor_ns = anchor,
                          .offset_ns = std::llround(value),
                          .drift = line.slope,
                          .bound_ns = static_cast<std::int64_t>(std::ceil(best)) + 2, // roundings
                          .bound_growth = growth});
    auto& s = segments().back();
    // Any line that fits may be the truth, beside a bend or swings that are too slight to be seen.
    const auto hidden_rate = (unnoticed + more) * std::max(2 / half, swing_rate);
    s.drift_bound = std::min(offset_strip::steepest, departure(s, strip.slopes()) + hidden_rate);
    check(some, segments().back());
    note_slopes(strip.slopes());
  }

  void check(std::span<const offset_bounds> some, const clock_segment& segment) {
    auto found = check_fastest(some, segment);
    if (!found)
      return;
    if (std::abs(found->difference_ns) > found->bound_ns)
      out_.events.push_back({.what = course_event::kind::disagrees,
                             .begin_ns = segment.first_ns,
                             .end_ns = segment.last_ns,
                             .size_ns = found->difference_ns});
    if (!out_.checked || std::abs(found->difference_ns) > std::abs(out_.checked->difference_ns))
      out_.checked = found;
  }

  /// From the exchanges out to where the stretch holds, every line that fits may be the truth; but
  /// clocks that were cut apart need not be straight.
  void extend_to_ends(std::int64_t begin, std::int64_t end) {
    const auto beyond = [&](const clock_segment& last, std::int64_t at, const offset_range& slopes,
                            std::int64_t as_far_as) {
      auto s = last;
      s.first_ns = INT64_MIN;
      s.last_ns = INT64_MAX;
      s.anchor_ns = at;
      s.offset_ns = last.convert(at) - at;
      s.bound_ns = last.bound(at) + 1;
      s.bound_growth = departure(last, slopes) + settings_.rate_beyond;
      if (as_far_as != INT64_MIN && as_far_as != INT64_MAX && as_far_as != at)
        s.bound_growth = std::max(s.bound_growth, hidden_rate(last, std::abs(as_far_as - at)));
      s.drift_bound = std::max(last.drift_bound, s.bound_growth);
      return s;
    };
    segments().back().last_ns = end;
    out_.tail = beyond(segments().back(), end, slopes_, s_.last_ns);
    out_.head = beyond(segments().front(), begin, *first_slopes_, s_.first_ns);
    if (s_.last_ns > end) {
      segments().push_back(out_.tail);
      segments().back().first_ns = end + 1;
      segments().back().last_ns = s_.last_ns;
    }
    if (s_.first_ns < begin) {
      segments().insert(segments().begin(), out_.head);
      segments().front().first_ns = s_.first_ns;
      segments().front().last_ns = begin - 1;
    }
  }

  /// How far these slopes are from that of the line at most.
  static double departure(const clock_segment& s, const offset_range& slopes) {
    return std::max(slopes.high - s.drift, s.drift - slopes.low);
  }

  /// How far from the line's the rate may be at an end of this segment, and over the next
  /// `distance`: the bound hides a bend as deep as itself is wide, which there goes on as before.
  static double hidden_rate(const clock_segment& s, std::int64_t distance) {
    const auto length = static_cast<double>(std::max<std::int64_t>(1, s.last_ns - s.first_ns));
    const auto depth = 2 * static_cast<double>(s.bound_ns);
    return std::min(offset_strip::steepest,
                    4 * depth / length * (1 + static_cast<double>(distance) / length));
  }

  std::vector<clock_segment>& segments() noexcept { return out_.segments; }

  const stretch& s_;
  const std::span<const offset_bounds> all_;
  const clock_id from_, to_;
  const course_settings& settings_;
  fitted_stretch out_;
  offset_range slopes_;
  std::optional<offset_range> first_slopes_;
};

} // namespace

fitted_stretch fit_stretch(const stretch& s, clock_id from, clock_id to,
                           const course_settings& settings) {
  return fitter(s, from, to, settings).fit();
}

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "runtime/clocks/bent_pieces.hpp"

#include "runtime/clocks/offset_strip.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace peernet {

namespace {

/// At least such rates are taken for possible while the clocks are out of line: what crystals are
/// specified to. Between knots of the usual distance it adds a few microseconds.
constexpr double least_rate = 1e-4;

/// The interval of the offset at one moment, relative to a line of the given slope.
struct knot {
  std::int64_t time;
  double low, high;

  [[nodiscard]] double middle() const noexcept { return (low + high) / 2; }
};

std::vector<knot> knots_of(std::span<const offset_bounds> exchanges, std::int64_t origin,
                           std::int64_t base, std::int64_t cell_ns, double slope) {
  std::vector<knot> knots;
  for (std::size_t i = 0; i < exchanges.size();) {
    const auto cell_end = exchanges[i].begin() + cell_ns;
    auto quickest = exchanges[i];
    for (; i < exchanges.size() && exchanges[i].begin() < cell_end; ++i)
      if (exchanges[i].round_trip < quickest.round_trip)
        quickest = exchanges[i];
    const auto over = [&](std::int64_t offset, std::int64_t t) {
      return static_cast<double>(offset - base) - slope * static_cast<double>(t - origin);
    };
    knots.push_back({quickest.begin() + (quickest.end() - quickest.begin()) / 2,
                     over(quickest.low, quickest.low_at), over(quickest.high, quickest.high_at)});
  }
  return knots;
}

/// The rate at which the offset left the slope between two neighbouring knots, ns per ns.
double rate_between(const knot& a, const knot& b) {
  return std::abs(b.middle() - a.middle()) /
         static_cast<double>(std::max<std::int64_t>(1, b.time - a.time));
}

/// How fast the offset may leave the slope in a gap between two knots, if there it stepped as well.
class bounding_rates {
public:
  explicit bounding_rates(std::span<const knot> knots) : knots_(knots) {}

  /// The gap behind knot `i`: what is seen over times of about its length on either side, or any
  /// rate that clocks have.
  [[nodiscard]] double beside(std::size_t i) const {
    const auto &a = knots_[i], &b = knots_[i + 1];
    const auto enough = (b.time - a.time) / 2;
    const auto before = std::find_if(knots_.rend() - static_cast<std::ptrdiff_t>(i), knots_.rend(),
                                     [&](const knot& k) { return a.time - k.time >= enough; });
    const auto behind =
        std::find_if(knots_.begin() + static_cast<std::ptrdiff_t>(i) + 2, knots_.end(),
                     [&](const knot& k) { return k.time - b.time >= enough; });
    if (before == knots_.rend() && behind == knots_.end())
      return offset_strip::steepest;
    return std::max({least_rate / 4, before != knots_.rend() ? rate_between(*before, a) : 0,
                     behind != knots_.end() ? rate_between(b, *behind) : 0});
  }

  /// Between any two neighbours.
  [[nodiscard]] double steepest() const {
    auto most = least_rate;
    for (std::size_t i = 0; i + 1 < knots_.size(); ++i)
      most = std::max(most, rate_between(knots_[i], knots_[i + 1]));
    return most;
  }

private:
  std::span<const knot> knots_;
};

/// How far the offset went up and came back, or down, for certain, within some exchanges: a swing
/// faster than the knots. 0 where what they say could be monotonic.
double proved_swing(std::span<const knot> some) {
  const auto one_way = [&](auto high, auto low) {
    std::vector<double> least_after(some.size());
    auto least = std::numeric_limits<double>::infinity();
    for (std::size_t i = some.size(); i-- > 0;) {
      least_after[i] = least;
      least = std::min(least, high(some[i]));
    }
    double swing = 0;
    auto least_before = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < some.size(); ++i) {
      const auto top = low(some[i]);
      swing = std::max(swing, std::min(top - least_before, top - least_after[i]));
      least_before = std::min(least_before, high(some[i]));
    }
    return swing;
  };
  return std::max(
      one_way([](const knot& k) { return k.high; }, [](const knot& k) { return k.low; }),
      one_way([](const knot& k) { return -k.low; }, [](const knot& k) { return -k.high; }));
}

} // namespace

std::vector<clock_segment> cover_bent(std::span<const offset_bounds> exchanges, clock_id from,
                                      clock_id to, std::int64_t begin_ns, std::int64_t end_ns,
                                      std::int64_t cell_ns, double slope) {
  const auto origin = exchanges.front().begin();
  const auto base = exchanges.front().middle();
  const auto knots = knots_of(exchanges, origin, base, cell_ns, slope);
  const auto all = knots_of(exchanges, origin, base, 1, slope);
  // Exchanges see a swing at its turning points only by chance: half as much again.
  const auto swing_around = [&](std::int64_t begin, std::int64_t end) {
    const auto first = std::ranges::lower_bound(all, begin - 3 * cell_ns, {}, &knot::time);
    const auto last = std::ranges::upper_bound(all, end + 3 * cell_ns, {}, &knot::time);
    return first < last ? 1.5 * proved_swing({first, last}) : 0.0;
  };
  const bounding_rates rates(knots);
  std::vector<clock_segment> pieces;
  const auto add = [&](std::int64_t first, std::int64_t last, std::int64_t anchor, double low,
                       double high, double more, double growth) {
    first = std::max(first, begin_ns);
    last = std::min(last, end_ns - 1);
    if (first > last && !(pieces.empty() && begin_ns == end_ns))
      return;
    const auto line = slope * static_cast<double>(anchor - origin);
    pieces.push_back({.from = from,
                      .to = to,
                      .first_ns = first,
                      .last_ns = last,
                      .anchor_ns = anchor,
                      .offset_ns = base + std::llround((low + high) / 2 + line),
                      .drift = slope,
                      .bound_ns = std::llround(std::ceil((high - low) / 2 + more)) + 2,
                      .bound_growth = growth});
    pieces.back().forget_rate();
  };
  const auto& front = knots.front();
  const auto& back = knots.back();
  add(begin_ns, front.time - 1, front.time, front.low, front.high,
      swing_around(front.time, front.time), rates.steepest());
  for (std::size_t i = 0; i + 1 < knots.size(); ++i) {
    const auto &a = knots[i], &b = knots[i + 1];
    const auto beyond =
        rates.beside(i) * static_cast<double>(b.time - a.time) + swing_around(a.time, b.time);
    add(a.time, b.time - 1, a.time, std::min(a.low, b.low), std::max(a.high, b.high), beyond, 0);
  }
  add(back.time, end_ns - 1, back.time, back.low, back.high, swing_around(back.time, back.time),
      rates.steepest());
  return pieces;
}

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "runtime/clocks/offset_strip.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace peernet {

namespace {

/// Of an interval: enough to come from 1e-3 to less than a nanosecond in a year.
constexpr int halvings = 64;

/// Where in [low, high] the concave function `f` is largest: golden sections.
template <class Function>
double peak_of(Function f, double low, double high) {
  constexpr double section = 0.6180339887498949;
  auto a = high - section * (high - low), b = low + section * (high - low);
  auto at_a = f(a), at_b = f(b);
  for (int i = 0; i < 3 * halvings / 2; ++i) {
    if (at_a < at_b) {
      low = std::exchange(a, b);
      at_a = at_b;
      at_b = f(b = low + section * (high - low));
    } else {
      high = std::exchange(b, a);
      at_b = at_a;
      at_a = f(a = high - section * (high - low));
    }
  }
  return (low + high) / 2;
}

/// The last argument on the way from `inside`, where `holds`, to `outside` at which it still does.
template <class Predicate>
double edge_of(Predicate holds, double inside, double outside) {
  if (holds(outside))
    return outside;
  for (int i = 0; i < halvings; ++i) {
    const auto between = (inside + outside) / 2;
    (holds(between) ? inside : outside) = between;
  }
  return inside;
}

/// Puts `p` into a hull sorted by time, if it is part of it, and takes out what it makes
/// superfluous. `sign` 1: a lower hull; −1: an upper one.
template <class Point>
void add_to_hull(std::vector<Point>& hull, Point p, double sign) {
  const auto superfluous = [sign](const Point& a, const Point& b, const Point& c) {
    return sign * ((b.t - a.t) * (c.y - a.y) - (b.y - a.y) * (c.t - a.t)) <= 0;
  };
  auto at = std::lower_bound(hull.begin(), hull.end(), p.t,
                             [](const Point& q, double t) { return q.t < t; });
  if (at != hull.end() && at->t == p.t) {
    if (sign * (p.y - at->y) >= 0)
      return;
    at->y = p.y;
  } else {
    if (at != hull.begin() && at != hull.end() && superfluous(*std::prev(at), p, *at))
      return;
    at = hull.insert(at, p);
  }
  while (at - hull.begin() >= 2 && superfluous(*std::prev(at, 2), *std::prev(at), *at))
    at = hull.erase(std::prev(at));
  while (hull.end() - at >= 3 && superfluous(*at, *std::next(at), *std::next(at, 2)))
    at = std::prev(hull.erase(std::next(at)));
}

} // namespace

offset_strip::offset_strip(const offset_bounds& near, double slack_ns)
    : origin_(near.begin()), base_(near.middle()), slack_(slack_ns) {
  add(near);
}

void offset_strip::add(const offset_bounds& b) {
  fit_.reset();
  const auto relative = [this](std::int64_t t, std::int64_t y) {
    return point{static_cast<double>(t - origin_), static_cast<double>(y - base_)};
  };
  add_to_hull(above_, relative(b.high_at, b.high), 1);
  add_to_hull(below_, relative(b.low_at, b.low), -1);
}

/// The highest value at `t` of a line with this slope that stays below every upper bound.
double offset_strip::ceiling(double slope, double t) const noexcept {
  auto lowest = std::numeric_limits<double>::infinity();
  for (const auto& p : above_)
    lowest = std::min(lowest, p.y + slope * (t - p.t));
  return lowest + slack_;
}

double offset_strip::floor(double slope, double t) const noexcept {
  auto highest = -std::numeric_limits<double>::infinity();
  for (const auto& p : below_)
    highest = std::max(highest, p.y + slope * (t - p.t));
  return highest - slack_;
}

const offset_strip::fitting& offset_strip::fit() const {
  if (!fit_) {
    const auto room = [this](double slope) { return ceiling(slope, 0) - floor(slope, 0); };
    const auto fits = [&](double slope) { return room(slope) >= 0; };
    auto best = peak_of(room, -steepest, steepest);
    const bool one_exchange = above_.size() == 1 && below_.size() == 1; // it says nothing of slopes
    if (one_exchange || room(0) >= room(best))
      best = 0;
    fit_ = fitting{.low = best, .best = best, .high = best, .margin = room(best) / 2};
    if (fit_->margin >= 0) {
      fit_->low = edge_of(fits, best, -steepest);
      fit_->high = edge_of(fits, best, steepest);
    }
  }
  return *fit_;
}

offset_line offset_strip::middle() const {
  const auto slope = fit().best;
  return {.at_ns = origin_,
          .value_ns = static_cast<double>(base_) + (ceiling(slope, 0) + floor(slope, 0)) / 2,
          .slope = slope};
}

offset_range offset_strip::range(std::int64_t t) const {
  const auto& f = fit();
  const auto at = static_cast<double>(t - origin_);
  const auto top = peak_of([&](double slope) { return ceiling(slope, at); }, f.low, f.high);
  const auto bottom = peak_of([&](double slope) { return -floor(slope, at); }, f.low, f.high);
  const auto base = static_cast<double>(base_);
  return {.low = base + floor(bottom, at), .high = base + ceiling(top, at)};
}

} // namespace peernet

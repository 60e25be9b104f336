// SPDX-License-Identifier: MIT
#include "runtime/clocks/offset_strip.hpp"
#include "tests/runtime/clocks/simulated_pair.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <optional>

using namespace peernet;

namespace {

/// What a strip says, found by trying every line that touches two bounds, or one at the steepest
/// slope: one of them is extreme.
class tried_lines {
public:
  tried_lines(std::span<const offset_bounds> some, double slack) {
    for (const auto& b : some) {
      above_.push_back({b.high_at, static_cast<double>(b.high) + slack, 0});
      below_.push_back({b.low_at, static_cast<double>(b.low) - slack, 0});
    }
    auto all = above_;
    all.insert(all.end(), below_.begin(), below_.end());
    for (const auto& p : all) {
      for (const auto& q : all)
        if (p.at_ns != q.at_ns)
          try_line({p.at_ns, p.value_ns,
                    (q.value_ns - p.value_ns) / static_cast<double>(q.at_ns - p.at_ns)});
      for (const auto slope : {-offset_strip::steepest, offset_strip::steepest})
        try_line({p.at_ns, p.value_ns, slope});
    }
  }

  [[nodiscard]] bool any() const { return !lines_.empty(); }
  [[nodiscard]] offset_range range(std::int64_t t) const {
    return extremes([t](const offset_line& l) { return l.value(t); });
  }
  [[nodiscard]] offset_range slopes() const {
    return extremes([](const offset_line& l) { return l.slope; });
  }

  /// By how much the nearest bound is away from `l`; negative: some are violated.
  [[nodiscard]] double margin(const offset_line& l) const {
    auto least = std::numeric_limits<double>::infinity();
    for (const auto& p : above_)
      least = std::min(least, p.value_ns - l.value(p.at_ns));
    for (const auto& p : below_)
      least = std::min(least, l.value(p.at_ns) - p.value_ns);
    return least;
  }

private:
  void try_line(const offset_line& l) {
    if (std::abs(l.slope) <= offset_strip::steepest && margin(l) > -1e-3)
      lines_.push_back(l);
  }
  template <class Function>
  [[nodiscard]] offset_range extremes(Function f) const {
    const auto [low, high] = std::ranges::minmax(lines_, {}, f);
    return {f(low), f(high)};
  }

  std::vector<offset_line> above_, below_, lines_; // points are lines without a slope
};

offset_strip strip_with(std::span<const offset_bounds> some, double slack) {
  offset_strip strip(some.front(), slack);
  for (const auto& b : some.subspan(1))
    strip.add(b);
  return strip;
}

std::vector<offset_bounds> any_exchanges(random_source& random) {
  auto pair = any_linear_pair(random);
  pair.remote.step_at = 0.3e9; // small ones leave room for a line
  pair.remote.step_by = any_magnitude(random, 3, 6);
  const auto rate = any_magnitude(random, 0.5, 1.2);
  return bounds_of_all(simulate(pair.local, pair.remote, pair.path, 0, 1e9, rate, random), true);
}

} // namespace

BOOST_AUTO_TEST_SUITE(offset_strip_test)

BOOST_AUTO_TEST_CASE(one_exchange_leaves_room_for_its_delays_and_says_nothing_of_the_slope) {
  const offset_strip sut({.high_at = 0, .high = 700, .low_at = 1000, .low = -300}, 0);
  BOOST_TEST(sut.margin() == 500);
  BOOST_TEST(sut.middle().slope == 0);
  BOOST_TEST(sut.middle().value(12345) == 200);
  BOOST_TEST(sut.slopes().low == -offset_strip::steepest);
  BOOST_TEST(sut.slopes().high == offset_strip::steepest);
  BOOST_TEST(std::abs(sut.range(second).high - (700 + 2e6)) < 0.1);
  BOOST_TEST(std::abs(sut.range(second).low - (-300 - 2e6 + 2)) < 0.1); // 1000 ns less to go
}

BOOST_AUTO_TEST_CASE(slack_loosens_every_bound) {
  const offset_bounds b{.high_at = 0, .high = 700, .low_at = 1000, .low = -300};
  BOOST_TEST(offset_strip(b, 50).margin() == 550);
  BOOST_TEST(offset_strip(b, 50).slack() == 50);
}

BOOST_AUTO_TEST_CASE(hulls_say_the_same_as_all_bounds_in_any_order) {
  auto with_room = 0, without = 0;
  for (int trial = 0; trial < 300; ++trial) {
    BOOST_TEST_INFO_SCOPE("trial " << trial);
    random_source random(static_cast<std::uint64_t>(trial));
    auto some = any_exchanges(random);
    if (some.empty())
      continue;
    for (auto i = some.size(); i > 1; --i)
      std::swap(some[i - 1], some[random.between(0, i - 1)]);
    const auto slack = between(random, 0, 500);
    const auto sut = strip_with(some, slack);
    const tried_lines tried(some, slack);
    BOOST_TEST((sut.margin() >= 0) == tried.any());
    BOOST_TEST(std::abs(tried.margin(sut.middle()) - sut.margin()) < 0.01);
    ++(tried.any() ? with_room : without);
    if (!tried.any())
      continue;
    BOOST_TEST(std::abs(sut.slopes().low - tried.slopes().low) < 1e-9);
    BOOST_TEST(std::abs(sut.slopes().high - tried.slopes().high) < 1e-9);
    for (const auto t : {-5 * second, 0 * second, second / 3, second, 10 * second}) {
      BOOST_TEST(std::abs(sut.range(t).low - tried.range(t).low) < 0.1);
      BOOST_TEST(std::abs(sut.range(t).high - tried.range(t).high) < 0.1);
    }
  }
  BOOST_TEST(with_room > 100);
  BOOST_TEST(without > 30);
}

BOOST_AUTO_TEST_CASE(no_line_has_a_larger_margin_than_the_middle) {
  for (int trial = 0; trial < 300; ++trial) {
    random_source random(static_cast<std::uint64_t>(trial));
    const auto some = any_exchanges(random);
    if (some.empty())
      continue;
    const auto sut = strip_with(some, 0);
    const tried_lines tried(some, 0);
    for (int i = 0; i < 20; ++i) {
      auto other = sut.middle();
      other.value_ns += between(random, -1e3, 1e3);
      other.slope = std::clamp(other.slope + between(random, -1e-6, 1e-6), -offset_strip::steepest,
                               offset_strip::steepest);
      BOOST_TEST(tried.margin(other) <= sut.margin() + 0.01, "trial " << trial);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "transports/impairment/fate.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace peernet;

namespace {

constexpr std::size_t many = 100'000;

const impairment everything{.loss = 0.01,
                            .bursts = burst_loss{0.01, 0.2, 0.9},
                            .duplicate = 0.02,
                            .reorder = 0.03,
                            .corrupt = 0.04};

std::vector<fate> draw(const impairment& what, std::size_t n = many, std::uint64_t seed = 1,
                       std::string_view link = "uplink", std::uint16_t lane = 0) {
  fate_source source(what, seed, link, lane);
  std::vector<fate> all(n);
  std::ranges::generate(all, [&] { return source.next(); });
  return all;
}

bool same(const fate& a, const fate& b) {
  return a.lost == b.lost && a.in_burst == b.in_burst && a.duplicated == b.duplicated &&
         a.reordered == b.reordered && a.corrupted == b.corrupted && a.bit == b.bit &&
         a.deviation == b.deviation;
}

double share(const std::vector<fate>& all, bool fate::*what) {
  return static_cast<double>(std::ranges::count_if(all, what)) / static_cast<double>(all.size());
}

/// Within five standard deviations of what chance gives.
void expect_share(const std::vector<fate>& all, bool fate::*what, double p) {
  const auto allowed = 5 * std::sqrt(p * (1 - p) / static_cast<double>(all.size()));
  BOOST_TEST(std::fabs(share(all, what) - p) <= allowed, share(all, what) << ", not " << p);
}

std::vector<double> deviations(delay_shape shape) {
  std::vector<double> sorted;
  for (const auto& f : draw({.distribution = shape}))
    sorted.push_back(f.deviation);
  std::ranges::sort(sorted);
  return sorted;
}

double mean(const std::vector<double>& all) {
  double sum = 0;
  for (const auto x : all)
    sum += x;
  return sum / static_cast<double>(all.size());
}

double deviation(const std::vector<double>& all) {
  double sum = 0;
  for (const auto x : all)
    sum += x * x;
  return std::sqrt(sum / static_cast<double>(all.size()) - mean(all) * mean(all));
}

double quantile(const std::vector<double>& sorted, double q) {
  return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size()))];
}

} // namespace

BOOST_AUTO_TEST_SUITE(fate_test)

BOOST_AUTO_TEST_CASE(equal_seeds_draw_equal_fates_for_equal_sequence_numbers) {
  const auto first = draw(everything, 1000), again = draw(everything, 1000);
  BOOST_TEST(std::ranges::equal(first, again, same));
  // In turns with another lane, as two threads would.
  fate_source one(everything, 1, "uplink", 0), other(everything, 1, "uplink", 1);
  for (const auto& f : first) {
    (void)other.next();
    BOOST_REQUIRE(same(one.next(), f));
  }
}

BOOST_AUTO_TEST_CASE(seeds_links_and_lanes_draw_their_own) {
  const auto first = draw(everything, 100);
  for (const auto& other : {draw(everything, 100, 2), draw(everything, 100, 1, "downlink"),
                            draw(everything, 100, 1, "uplink", 1)}) {
    BOOST_TEST(std::ranges::count_if(other, [&](const fate& f) {
                 return std::ranges::any_of(first, [&](const fate& g) { return g.bit == f.bit; });
               }) == 0);
  }
}

BOOST_AUTO_TEST_CASE(one_key_moves_nothing_of_the_others) {
  const auto all = draw(everything);
  const auto check = [&](bool fate::*what, impairment alone) {
    const auto only = draw(alone);
    BOOST_TEST(std::ranges::equal(all, only, {}, what, what));
    for (const auto other : {&fate::duplicated, &fate::reordered, &fate::corrupted})
      BOOST_TEST((other == what || share(only, other) == 0));
  };
  check(&fate::duplicated, {.duplicate = 0.02});
  check(&fate::reordered, {.reorder = 0.03});
  check(&fate::corrupted, {.corrupt = 0.04});
  check(&fate::in_burst, {.bursts = everything.bursts});
}

BOOST_AUTO_TEST_CASE(shares_are_what_was_asked_for) {
  const auto all =
      draw({.loss = 0.01, .duplicate = 0.001, .reorder = 0.25, .corrupt = 0.5}, many, 3);
  expect_share(all, &fate::lost, 0.01);
  expect_share(all, &fate::duplicated, 0.001);
  expect_share(all, &fate::reordered, 0.25);
  expect_share(all, &fate::corrupted, 0.5);
  BOOST_TEST(share(draw({.loss = 1}), &fate::lost) == 1);
  BOOST_TEST(share(draw({}), &fate::lost) == 0);
}

BOOST_AUTO_TEST_CASE(losses_of_a_share_come_one_by_one) {
  const auto all = draw({.loss = 0.1});
  std::size_t pairs = 0;
  for (std::size_t i = 1; i < all.size(); ++i)
    pairs += all[i].lost && all[i - 1].lost;
  BOOST_TEST(std::fabs(static_cast<double>(pairs) / many - 0.01) < 5 * std::sqrt(0.01 / many));
}

BOOST_AUTO_TEST_CASE(what_is_lost_at_another_share_is_drawn_from_the_same_number) {
  fate_source low({}, 1, "uplink", 0), high({}, 1, "uplink", 0);
  int more = 0;
  for (std::size_t i = 0; i < many; ++i) {
    const auto few = low.next(0.1), many_lost = high.next(0.3);
    BOOST_REQUIRE((!few.lost || many_lost.lost));
    BOOST_REQUIRE(few.deviation == many_lost.deviation);
    more += many_lost.lost && !few.lost;
  }
  BOOST_TEST(std::fabs(more - 0.2 * many) < 5 * std::sqrt(0.16 * many));
}

BOOST_AUTO_TEST_CASE(bursts_are_as_long_and_as_frequent_as_gilbert_and_elliott_have_them) {
  const auto all = draw({.loss = 0.001, .bursts = burst_loss{0.01, 0.2, 0.75}}, many, 7);
  std::size_t bursts = 0, inside = 0, lost_inside = 0, lost_outside = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    bursts += all[i].in_burst && (i == 0 || !all[i - 1].in_burst);
    inside += all[i].in_burst;
    (all[i].in_burst ? lost_inside : lost_outside) += all[i].lost;
  }
  const auto number = [](std::size_t n) { return static_cast<double>(n); };
  const auto length = number(inside) / number(bursts);
  BOOST_TEST(std::fabs(length - 5) < 5 * std::sqrt(20 / number(bursts)), length);
  BOOST_TEST(std::fabs(number(inside) / many - 0.01 / 0.21) < 0.006);
  BOOST_TEST(std::fabs(number(lost_inside) / number(inside) - 0.75) < 0.035);
  BOOST_TEST(std::fabs(number(lost_outside) / number(many - inside) - 0.001) < 0.0006);
  BOOST_TEST(!draw({.bursts = burst_loss{0.0001, 1, 1}}, 1)[0].in_burst); // begins good
}

BOOST_AUTO_TEST_CASE(normal_deviations_have_the_bells_moments_and_quantiles) {
  const auto all = deviations(delay_shape::normal);
  BOOST_TEST(std::fabs(mean(all)) < 0.016);
  BOOST_TEST(std::fabs(deviation(all) - 1) < 0.012);
  BOOST_TEST(std::fabs(quantile(all, 0.025) + 1.96) < 0.05);
  BOOST_TEST(std::fabs(quantile(all, 0.975) - 1.96) < 0.05);
}

BOOST_AUTO_TEST_CASE(pareto_deviations_have_a_floor_and_a_long_tail) {
  const auto all = deviations(delay_shape::pareto);
  BOOST_TEST(all.front() >= -1 / std::sqrt(3));
  BOOST_TEST(all.front() < -0.577);
  BOOST_TEST(std::fabs(mean(all)) < 0.03);
  const auto exact = [](double q) { return (1 / std::cbrt(1 - q) - 1.5) * 2 / std::sqrt(3); };
  for (const auto q : {0.1, 0.5, 0.9, 0.99})
    BOOST_TEST(std::fabs(quantile(all, q) - exact(q)) < 0.05 * (1 + std::fabs(exact(q))), q);
  BOOST_TEST(all.back() > 20);
}

BOOST_AUTO_TEST_CASE(uniform_deviations_reach_to_both_sides_alike) {
  const auto all = deviations(delay_shape::uniform);
  BOOST_TEST((all.front() >= -1 && all.front() < -0.999));
  BOOST_TEST((all.back() <= 1 && all.back() > 0.999));
  BOOST_TEST(std::fabs(mean(all)) < 0.01);
  BOOST_TEST(std::fabs(quantile(all, 0.25) + 0.5) < 0.01);
}

BOOST_AUTO_TEST_SUITE_END()

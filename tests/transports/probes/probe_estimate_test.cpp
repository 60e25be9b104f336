// SPDX-License-Identifier: MIT
// From datagrams to delays: what runtime/clocks makes of exchanges over a path whose delays are
// known and as asymmetric as can be.
#include "runtime/clocks/clock_estimate.hpp"
#include "runtime/clocks/clock_map.hpp"
#include "tests/transports/probes/probe_world.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

using namespace peernet;
using namespace peernet::probing;
using namespace std::chrono_literals;

namespace {

constexpr clock_id here = reference_clock, there = 1;
constexpr std::int64_t rounding = 6; // of false clocks and of conversions

/// Exchanges of `a` with `b` by way of a relay that keeps each datagram for a while.
std::vector<probe> ask_slowly(const prober& a, const prober& b, std::size_t exchanges,
                              duration forth, duration back) {
  const peernet::clock machine;
  relay between(b);
  ask(a, here, {between.target(there)});
  // One by one, until there are so many: on a busy machine an answer may come later than is
  // allowed.
  std::vector<probe> all;
  const auto until = machine.now() + test_deadline;
  while (all.size() < exchanges) {
    BOOST_REQUIRE(machine.now() < until);
    event done;
    a->burst(1, 1ms, probe_phase::before, [&] { done.happen(); });
    const auto request = between.next_request();
    machine.sleep_until(machine.now() + forth);
    between.ask(request);
    const auto reply = between.next_reply();
    machine.sleep_until(machine.now() + back);
    between.answer(reply);
    done.await();
    const auto more = a->take();
    all.insert(all.end(), more.begin(), more.end());
  }
  all.resize(exchanges); // one that was late may have come, too
  return all;
}

struct slow_path {
  static constexpr duration forth = 5ms, back = 1ms;

  /// What an exchange's datagrams took, by the clock `here`; and when it was elsewhere.
  [[nodiscard]] std::int64_t on_here(std::int64_t t) const {
    return to_ns(a.clock->from_machine(b.clock->to_machine(stamp_from_ns(t))));
  }
  [[nodiscard]] std::int64_t took_forth(const probe& p) const { return on_here(p.t2) - p.t1; }
  [[nodiscard]] std::int64_t took_back(const probe& p) const { return p.t4 - on_here(p.t3); }
  /// By how much the estimate for this moment of the clock `there` is too high.
  [[nodiscard]] std::int64_t error_at(std::int64_t t) const {
    return map.to_reference(there, t)->ns - on_here(t);
  }
  [[nodiscard]] std::int64_t bound_at(std::int64_t t) const {
    return map.to_reference(there, t)->bound;
  }

  prober a = make_prober(coordinator_node, {.error = {.offset = -1s, .drift_ppm = -30}});
  prober b = make_prober(0, {.error = {.offset = 3s, .drift_ppm = 40}});
  std::vector<probe> probes = ask_slowly(a, b, 50, forth, back);
  std::vector<std::string> names{"far"};
  clock_estimates found = estimate_clocks({.probes = probes, .looks = {}, .names = names});
  clock_map map{found.segments};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(probe_estimate_test, slow_path)

BOOST_AUTO_TEST_CASE(asymmetry_moves_the_estimate_by_half_of_it_and_never_beyond_the_bound) {
  BOOST_REQUIRE(probes.size() == 50u);
  for (const auto& p : probes) {
    BOOST_TEST(took_forth(p) >= to_ns(forth) - rounding); // or the test's own path is wrong
    BOOST_TEST(took_back(p) >= to_ns(back) - rounding);
    for (const auto t : {p.t2, p.t3})
      BOOST_TEST(std::abs(error_at(t)) <= bound_at(t) + rounding);
  }
  // The line of largest margin stands off every bound by at least half of what the quickest delays
  // there and back leave. So where a datagram was quickest, the error is known on one side: half
  // the difference of these delays, which is 2 ms on a machine that has nothing else to do.
  const auto quickest_forth =
      std::ranges::min(probes, {}, [&](const probe& p) { return took_forth(p); });
  const auto quickest_back =
      std::ranges::min(probes, {}, [&](const probe& p) { return took_back(p); });
  const auto half = (took_back(quickest_back) - took_forth(quickest_forth)) / 2;
  BOOST_TEST(error_at(quickest_forth.t2) >= half - rounding);
  BOOST_TEST(error_at(quickest_back.t3) <= half + rounding);
  // And no bound may promise more than the quickest delays allow.
  const auto open = (took_back(quickest_back) + took_forth(quickest_forth)) / 2;
  BOOST_TEST(open >= to_ns(forth + back) / 2 - rounding);
  for (const auto& p : probes)
    BOOST_TEST(bound_at(p.t2) >= open - rounding);
  BOOST_REQUIRE(found.pairs.size() == 1u);
  BOOST_TEST(found.pairs[0].exchanges == 50u);
  BOOST_TEST(found.pairs[0].shortest_ns >= to_ns(forth + back) - rounding);
}

BOOST_AUTO_TEST_CASE(forward_and_backward_together_are_the_round_trip_without_the_residence) {
  for (const auto& p : probes) {
    const auto forward = map.between(here, p.t1, there, p.t2);
    const auto backward = map.between(there, p.t3, here, p.t4);
    BOOST_REQUIRE((forward && backward));
    const auto residence = map.to_reference(there, p.t3)->ns - map.to_reference(there, p.t2)->ns;
    BOOST_TEST(forward->ns + backward->ns == p.t4 - p.t1 - residence);
    BOOST_TEST(std::abs(forward->ns - took_forth(p)) <= forward->bound + rounding);
    BOOST_TEST(std::abs(backward->ns - took_back(p)) <= backward->bound + rounding);
  }
}

BOOST_AUTO_TEST_SUITE_END()

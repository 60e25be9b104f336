// SPDX-License-Identifier: MIT
// What people are told of clocks.
#include "tests/runtime/clocks/estimated_trio.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;
using weight = clock_notice::weight;

BOOST_AUTO_TEST_SUITE(clock_estimate_notices_test)

BOOST_AUTO_TEST_CASE(datagrams_that_stop_are_told_with_time_and_length) {
  random_source random(16);
  const auto trio = idle_trio();
  auto probes = trio.run(random);
  const auto dead = [&](const probe& p, double from, double to) {
    const auto& local = trio.clocks[p.local];
    return p.t1 > local.at(from) && p.t1 < local.at(to);
  };
  auto helped = probes; // of the coordinator and the robot
  std::erase_if(helped, [&](const probe& p) {
    return p.answerer == 0 && p.asker == coordinator_node && !dead(p, 3e9, 6e9);
  });
  for (auto& p : probes)
    if (p.answerer == 1 && p.asker == 0 && dead(p, 7e9, 20e9))
      p.t1 = -1; // robot and cloud: to the end
  std::erase_if(probes, [&](const probe& p) {
    return p.t1 == -1 || (p.asker == coordinator_node && p.answerer == 0 && dead(p, 2e9, 6e9));
  });
  for (auto p : helped)
    if (p.answerer == 0) {
      p.method = by_control;
      probes.push_back(p);
    }
  const auto e = estimate(probes);
  std::vector<clock_notice> told;
  for (const auto& n : e.notices)
    if (n.what == "clock probes unanswered")
      told.push_back(n);
  BOOST_TEST_REQUIRE(told.size() == 2u);
  BOOST_TEST(says(told[0], "between coordinator and robot for 4.0"), told[0].detail);
  BOOST_TEST(says(told[0], "over the control plane"), told[0].detail);
  BOOST_TEST((told[0].clock == 0 && std::abs(told[0].time_ns - 2 * second) < 200 * ms));
  BOOST_TEST(says(told[1], "between robot and cloud for 3."), told[1].detail);
  BOOST_TEST(says(told[1], "to the end of the run; meanwhile they were compared over the "
                           "coordinator, and the bound between their clocks went from ± 1"),
             told[1].detail);
  BOOST_TEST((told[1].clock == 1 && std::abs(told[1].time_ns - trio.clocks[1].at(7e9)) < 200 * ms));
}

BOOST_AUTO_TEST_CASE(a_clock_that_steps_by_seconds_is_not_silent) {
  random_source random(17);
  auto trio = idle_trio();
  trio.clocks[1].step_at = 5e9;
  trio.clocks[1].step_by = 20e9;
  BOOST_TEST(!find(estimate(trio.run(random)), "clock probes unanswered"));
}

BOOST_AUTO_TEST_CASE(a_node_that_only_the_control_plane_reached_is_told) {
  random_source random(18);
  auto probes = idle_trio().run(0, random);
  for (auto& p : probes)
    p.method = by_control;
  const auto e = estimate(probes);
  const auto* n = find(e, "clock probes unanswered");
  BOOST_REQUIRE(n);
  BOOST_TEST((says(*n, "robot never answered the coordinator by UDP") && n->node == 0));
  BOOST_TEST(e.notices.size() == 1u);
}

BOOST_AUTO_TEST_CASE(shared_clocks_that_differ_are_an_error) {
  random_source random(5);
  auto probes = simulated_pair{}.run(random);
  for (auto& p : probes) {
    p.local = p.remote = 1;
    lie(p, 100 * us);
  }
  const auto e = estimate(probes);
  BOOST_TEST_REQUIRE(e.notices.size() == 1u);
  const auto& n = e.notices.front();
  BOOST_TEST(n.what == "shared clocks differ");
  BOOST_TEST((n.how == weight::error && n.clock == 1));
  BOOST_TEST((n.time_ns >= probes.front().t1 && n.time_ns <= probes.back().t4));
  BOOST_TEST((says(n, "robot") && says(n, "cloud")));
}

BOOST_AUTO_TEST_CASE(a_step_between_two_clocks_names_both_how_far_and_when) {
  random_source random(6);
  auto trio = idle_trio();
  trio.clocks[1].step_at = 5e9;
  trio.clocks[1].step_by = 3e6;
  const auto probes = trio.run(0, random);
  const auto e = estimate(probes);
  BOOST_TEST_REQUIRE(e.notices.size() == 1u);
  const auto& n = e.notices.front();
  BOOST_TEST(n.what == "clock step");
  BOOST_TEST((n.how == weight::warning && n.clock == 1 && n.node == 0));
  BOOST_TEST(n.detail.starts_with("robot against coordinator by +3.00 ms, within "), n.detail);
  BOOST_TEST(n.detail.ends_with(" ms"), n.detail);
  BOOST_TEST(std::abs(n.time_ns - trio.clocks[1].at(5e9)) < 200 * ms);
}

BOOST_AUTO_TEST_CASE(a_step_that_several_clocks_saw_is_one_event_of_the_one_that_stepped) {
  const std::string words[] = {"clock of coordinator stepped by +5.00 ms against robot and cloud",
                               "clock of robot stepped by +5.00 ms against coordinator and cloud",
                               "clock of cloud stepped by +5.00 ms against coordinator and robot"};
  for (clock_id culprit = 0; culprit < 3; ++culprit) {
    random_source random(12);
    auto trio = idle_trio();
    trio.clocks[culprit].step_at = 5e9;
    trio.clocks[culprit].step_by = 5e6;
    const auto e = estimate(trio.run(random));
    BOOST_TEST_REQUIRE(e.notices.size() == 1u);
    const auto& n = e.notices.front();
    BOOST_TEST(n.detail.starts_with(words[culprit]), n.detail);
    BOOST_TEST(n.node == simulated_trio::node(culprit));
    BOOST_TEST(std::abs(n.time_ns - trio.clocks[n.clock].at(5e9)) < 200 * ms);
    expect_truth(e, trio, random);
  }
}

BOOST_AUTO_TEST_CASE(wander_and_bad_stamps_are_told) {
  random_source random(7);
  auto trio = idle_trio();
  auto probes = trio.run(0, random);
  lie(probes[probes.size() / 2], 3 * ms);
  const auto lying = estimate(probes);
  BOOST_TEST_REQUIRE(lying.notices.size() == 1u);
  BOOST_TEST(lying.notices.front().what == "bad clock stamp");
  trio.clocks[1].wander = 200e3;
  trio.clocks[1].period = 5e9;
  const auto bent = estimate(trio.run(0, random));
  BOOST_TEST_REQUIRE(bent.notices.size() == 1u);
  BOOST_TEST(bent.notices.front().what == "clock wander");
}

BOOST_AUTO_TEST_CASE(a_kernel_that_changes_its_clocks_rate_is_told) {
  const auto look = [](clock_id clock, std::int64_t time, std::int64_t rate) {
    return clock_discipline{.clock = clock, .node = clock, .time_ns = time, .rate_ppb = rate};
  };
  const std::vector looks{look(0, 0, 5'000), look(1, 0, 0), look(0, second, 5'090),
                          look(1, second, -2'500)};
  const std::vector<std::string> names{"robot", "cloud"};
  const auto found = estimate_clocks({.probes = {}, .looks = looks, .names = names});
  BOOST_REQUIRE(found.notices.size() == 1);
  const auto& n = found.notices.front();
  BOOST_TEST(n.what == "clock steered");
  BOOST_TEST((n.clock == 1 && n.time_ns == second));
  BOOST_TEST(
      n.detail.find("of cloud changed its clock's rate by -2.500 ppm within the last 1.00 s") !=
      std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

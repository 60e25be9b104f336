// SPDX-License-Identifier: MIT
#include "runtime/clocks/clock_steps.hpp"
#include "runtime/clocks/probed_paths.hpp"
#include "tests/runtime/clocks/simulated_trio.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

/// The steps that a trio's paths (as simulated_trio::ends) show.
struct seen_steps {
  seen_steps(const simulated_trio& trio, std::vector<std::size_t> through) {
    random_source random(1);
    for (const auto path : through)
      for (auto& p : trio.run(path, random))
        probes.push_back(std::move(p));
    probed_paths paths(probes);
    std::vector<compared_clocks> compared;
    for (const auto path : through) {
      const auto [a, b] = simulated_trio::ends[path];
      // As the estimate has them: to the reference, else from the lower number.
      const auto [from, to] = a == reference_clock ? std::pair{b, a} : std::pair{a, b};
      compared.push_back({from, to, &paths.course(paths.of_clocks(from, to))});
    }
    found = find_steps(compared);
  }

  std::vector<probe> probes;
  std::vector<clock_step_found> found;
};

simulated_trio stepping(std::vector<std::pair<clock_id, double>> steps, double at = 5e9) {
  simulated_trio trio;
  trio.clocks[1] = {.offset = 1e9, .drift = 50e-6};
  trio.clocks[2] = {.offset = -2e9, .drift = -80e-6};
  for (const auto& [clock, by] : steps) {
    trio.clocks[clock].step_at = at;
    trio.clocks[clock].step_by = by;
  }
  return trio;
}

const std::vector<std::size_t> everyone{0, 1, 2}, star{0, 1};

} // namespace

BOOST_AUTO_TEST_SUITE(clock_steps_test)

BOOST_AUTO_TEST_CASE(the_clock_whose_courses_all_step_is_the_one) {
  for (const auto by : {100e3, 5e6, 2e9})
    for (clock_id culprit = 0; culprit < 3; ++culprit) {
      BOOST_TEST_INFO_SCOPE("clock " << culprit << " by " << by);
      const auto trio = stepping({{culprit, by}});
      const auto found = seen_steps(trio, everyone).found;
      BOOST_TEST_REQUIRE(found.size() == 1u);
      const auto& s = found.front();
      BOOST_TEST((s.proven && s.clock == culprit));
      BOOST_TEST(s.against.size() == 2u);
      BOOST_TEST(std::ranges::count(s.against, culprit) == 0);
      BOOST_TEST(std::abs(static_cast<double>(s.ahead_ns) - by) < 50e3 + 200e-6 * by);
      const auto& by_clock = trio.clocks[s.timed_by];
      BOOST_TEST((s.begin_ns <= by_clock.at(5e9) && s.end_ns >= by_clock.at(4.999'999e9)));
    }
}

BOOST_AUTO_TEST_CASE(a_clock_that_others_would_have_seen_is_not_the_one) {
  // The coordinator alone compares: had it stepped, both of its courses would have.
  const auto one = seen_steps(stepping({{2, 5e6}}), star).found;
  BOOST_TEST_REQUIRE(one.size() == 1u);
  BOOST_TEST((one[0].proven && one[0].clock == 2));
  BOOST_CHECK((one[0].against == std::vector<clock_id>{0}));
  const auto centre = seen_steps(stepping({{0, 5e6}}), star).found;
  BOOST_TEST_REQUIRE(centre.size() == 1u);
  BOOST_TEST((centre[0].proven && centre[0].clock == 0));
  BOOST_TEST(centre[0].ahead_ns > 0);
}

BOOST_AUTO_TEST_CASE(between_two_clocks_nobody_can_tell) {
  for (const clock_id culprit : {0, 1}) {
    const auto found = seen_steps(stepping({{culprit, 5e6}}), {0}).found;
    BOOST_TEST_REQUIRE(found.size() == 1u);
    const auto& s = found.front();
    BOOST_TEST((!s.proven && s.clock == 1 && s.against == std::vector<clock_id>{0}));
    BOOST_TEST((s.ahead_ns > 0) == (culprit == 1));
  }
}

BOOST_AUTO_TEST_CASE(a_course_too_vague_to_show_the_step_says_nothing_for_or_against) {
  auto trio = stepping({{1, 200e3}});
  trio.paths[1].there.floor = trio.paths[1].back.floor = 1e6; // coordinator and cloud: ± 1 ms
  const auto found = seen_steps(trio, star).found;
  BOOST_TEST_REQUIRE(found.size() == 1u);
  BOOST_TEST(!found[0].proven);
}

BOOST_AUTO_TEST_CASE(two_clocks_that_step_at_once_by_different_amounts_are_nobodys_step_alone) {
  const auto found = seen_steps(stepping({{1, 5e6}, {2, 3e6}}), everyone).found;
  BOOST_TEST(found.size() == 3u);
  for (const auto& s : found)
    BOOST_TEST(!s.proven);
}

BOOST_AUTO_TEST_CASE(steps_at_different_times_are_told_apart) {
  auto trio = stepping({{1, 5e6}}, 3e9);
  trio.clocks[2].step_at = 7e9;
  trio.clocks[2].step_by = 5e6;
  const auto found = seen_steps(trio, everyone).found;
  BOOST_TEST_REQUIRE(found.size() == 2u);
  for (const auto& s : found)
    BOOST_TEST((s.proven && s.against.size() == 2));
  BOOST_TEST(found[0].clock != found[1].clock);
}

BOOST_AUTO_TEST_CASE(courses_without_a_segment_are_no_witnesses) {
  const clock_course nothing;
  const std::vector<compared_clocks> all{{1, 0, &nothing}};
  BOOST_TEST(find_steps(all).empty());
  BOOST_TEST(find_steps({}).empty());
}

BOOST_AUTO_TEST_SUITE_END()

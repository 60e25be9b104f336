// SPDX-License-Identifier: MIT
// Paths; what becomes of steps is in summary_test.cpp.
#include "runtime/trace/duration_sums.hpp"
#include "tests/runtime/trace/hand_made.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

/// "path count mean" of every path.
std::vector<std::string> paths(hand_made_run& run) {
  std::vector<std::string> all;
  for (const auto& p : run.finish().paths)
    all.push_back(p.path + " " + std::to_string(p.end_to_end.count) + " " +
                  std::to_string(static_cast<int>(p.end_to_end.mean)));
  return all;
}

constexpr route_id left = 4, right = 8; // of the diamond, where it ends

} // namespace

BOOST_AUTO_TEST_SUITE(duration_sums_test)

BOOST_AUTO_TEST_CASE(ways_that_meet_at_a_sink_have_a_row_each) {
  hand_made_run run(diamond_layout());
  run.append({make_sample(1, 0, 1), make_fate(1, left, outcome::delivered, 10),
              make_fate(1, right, outcome::delivered, 30), make_sample(2, 100, 101),
              make_fate(2, right, outcome::delivered, 150)});
  check_rows(paths(run), {"camera->left->sink 1 10", "camera->right->sink 2 40"});
  check_rows(run.outcomes(), {"sink|delivered|sink", "sink|delivered|sink"});
}

BOOST_AUTO_TEST_CASE(of_several_arrivals_by_one_way_the_first_counts) {
  hand_made_run run(diamond_layout());
  auto second = make_fate(1, right, outcome::delivered, 40);
  second.output = 1;
  run.append({make_sample(1, 0, 1), second, make_fate(1, right, outcome::delivered, 30),
              make_fate(1, left, outcome::delivered, 50)});
  check_rows(paths(run), {"camera->left->sink 1 50", "camera->right->sink 1 30"});
}

BOOST_AUTO_TEST_CASE(every_sink_and_every_copy_of_one_has_its_own_first_arrival) {
  hand_made_run run(fan_out_layout());
  run.append({make_sample(1, 0, 1), make_fate(1, 2, outcome::delivered, 10),
              make_fate(1, 6, outcome::delivered, 20)});
  check_rows(paths(run), {"camera->detector->final 1 20", "camera->direct 1 10"});

  auto shape = fan_out_layout();
  shape.routes.push_back({0, 4, 1, 0}); // a second lane to a second copy of `direct`
  shape.routes.push_back({7, 2, 1, 0});
  hand_made_run copies(shape);
  copies.append({make_sample(1, 0, 1), make_fate(1, 2, outcome::delivered, 10),
                 make_fate(1, 8, outcome::delivered, 20)});
  check_rows(paths(copies), {"camera->direct 2 15"});
}

BOOST_AUTO_TEST_CASE(a_sample_that_had_expired_is_in_no_path) {
  hand_made_run run(diamond_layout());
  run.append({make_sample(1, 0, 1), make_fate(1, 0, outcome::expired, 5),
              make_fate(1, left, outcome::delivered, 10)});
  check_rows(paths(run), {});
}

BOOST_AUTO_TEST_CASE(a_step_is_a_share_of_the_ways_that_lead_through_it) {
  hand_made_run run(diamond_layout());
  run.append({make_sample(1, 0, 10), make_span(1, 0, step::sense, 0, 10),
              make_span(1, 2, step::infer, 10, 60), make_fate(1, left, outcome::delivered, 100),
              make_span(1, 6, step::infer, 10, 210), make_fate(1, right, outcome::delivered, 400)});
  const auto s = run.finish();
  const auto share = [&](const std::string& place) {
    for (const auto& r : s.steps)
      if (r.place == place)
        return r.share.value();
    return -1.0;
  };
  BOOST_TEST(share("left") == 0.5);
  BOOST_TEST(share("right") == 0.5);
  BOOST_TEST(share("camera") == 0.04); // 10 of 100 and 10 of 400
  BOOST_TEST(s.paths.at(0).unexplained == 0.4, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_SUITE_END()

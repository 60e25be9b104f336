// SPDX-License-Identifier: MIT
#include "runtime/trace/sensor_sums.hpp"
#include "tests/runtime/trace/hand_made.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

constexpr std::int64_t gap = 100'000'000;

record slot(std::uint64_t seq, bool fired = true, std::uint32_t sensor = 0, route_id root = 0) {
  const auto intended = static_cast<std::int64_t>(seq) * gap;
  return make_sample(trace_id(sensor, seq).number(), intended, fired ? intended + 5 : never_sensed,
                     root);
}

} // namespace

BOOST_AUTO_TEST_SUITE(sensor_sums_test)

BOOST_AUTO_TEST_CASE(the_rate_is_what_was_got_over_the_time_of_all_slots) {
  hand_made_run run(pipeline_layout());
  std::vector<record> records;
  for (std::uint64_t seq = 0; seq < 10; ++seq)
    records.push_back(slot(seq, seq != 4 && seq != 9));
  records.push_back(make_fate(trace_id(0, 4).number(), 0, outcome::skipped, 4 * gap));
  records.push_back(make_fate(trace_id(0, 7).number(), 0, outcome::failed, 7 * gap));
  records.push_back(make_fate(trace_id(0, 8).number(), 2, outcome::failed, 8 * gap)); // elsewhere
  run.append(records);
  const auto s = run.finish();
  BOOST_REQUIRE(s.sensors.size() == 1);
  BOOST_TEST(s.sensors[0].sensor == "camera");
  BOOST_TEST(s.sensors[0].slots == 10u);
  BOOST_TEST(s.sensors[0].skipped == 2u);
  BOOST_TEST(s.sensors[0].failed == 1u);
  BOOST_TEST(s.sensors[0].rate.value() == 7.0, boost::test_tools::tolerance(1e-9)); // in 10 × 0.1 s
}

BOOST_AUTO_TEST_CASE(slots_without_a_record_of_their_own_count_and_bring_nothing) {
  hand_made_run run(pipeline_layout());
  run.append({slot(0), slot(1), make_span(2, 2, step::infer, 1, 2), slot(3)});
  const auto s = run.finish();
  BOOST_TEST(s.sensors.at(0).slots == 4u);
  BOOST_TEST(s.sensors.at(0).rate.value() == 7.5, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(copies_are_summed_and_their_rate_is_the_mean) {
  auto shape = pipeline_layout();
  shape.routes.push_back({no_route, 0, 1, 0}); // a second camera
  shape.sensors.push_back(5);
  hand_made_run run(shape);
  run.append({slot(0), slot(1), slot(2), slot(3), slot(0, true, 1, 5), slot(1, false, 1, 5),
              slot(2, true, 1, 5), slot(3, false, 1, 5)});
  const auto s = run.finish();
  BOOST_REQUIRE(s.sensors.size() == 1);
  BOOST_TEST(s.sensors[0].slots == 8u);
  BOOST_TEST(s.sensors[0].rate.value() == 7.5, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(the_warm_up_does_not_count_and_one_slot_has_no_rate) {
  hand_made_run run(pipeline_layout());
  auto warm = slot(0);
  warm.flags = record_warmup;
  run.append({warm, slot(1)});
  const auto s = run.finish();
  BOOST_TEST(s.sensors.at(0).slots == 1u);
  BOOST_TEST(!s.sensors.at(0).rate.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

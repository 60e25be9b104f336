// SPDX-License-Identifier: MIT
#include "runtime/clocks/clock_notices.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;
using weight = clock_notice::weight;

namespace {

constexpr std::int64_t us = 1'000, ms = 1'000'000;

/// The coordinator (clock 0), "robot" (1), "cloud" (2) and "edge" (3) asked each other in turn.
struct four_clocks {
  const std::vector<std::string> names{"robot", "cloud", "edge"};
  const std::vector<probe> probes{{.local = 0, .remote = 1, .answerer = 0},
                                  {.local = 1, .remote = 2, .asker = 0, .answerer = 1},
                                  {.local = 2, .remote = 3, .asker = 1, .answerer = 2}};
  const clock_facts facts{.probes = probes, .looks = {}, .names = names};
  clock_notices sut{facts};

  clock_notice only() {
    auto all = sut.take();
    BOOST_REQUIRE(all.size() == 1u);
    return all.front();
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(clock_notices_test, four_clocks)

BOOST_AUTO_TEST_CASE(a_proven_step_is_of_one_clock_against_all_that_saw_it) {
  clock_step_found s{.clock = 2,
                     .against = {0, 1, 3},
                     .proven = true,
                     .ahead_ns = 5 * ms,
                     .timed_by = 1,
                     .begin_ns = 100,
                     .end_ns = 100 + 1'200 * us};
  sut.step(s);
  const auto n = only();
  BOOST_TEST(n.detail == "clock of cloud stepped by +5.00 ms against coordinator, robot and edge, "
                         "within 1.20 ms");
  BOOST_TEST(n.what == "clock step");
  BOOST_TEST((n.how == weight::warning && n.node == 1));
  BOOST_TEST((n.clock == 1 && n.time_ns == 100 + 600 * us)); // whose clock tells when
}

BOOST_AUTO_TEST_CASE(an_unproven_step_names_both_clocks) {
  sut.step({.clock = 3, .against = {0}, .ahead_ns = -2'000'000'000, .timed_by = 3});
  const auto n = only();
  BOOST_TEST(n.detail == "edge against coordinator by -2.00 s, within 0 ns");
  BOOST_TEST((n.node == 2 && n.clock == 3));
}

BOOST_AUTO_TEST_CASE(a_step_of_the_reference_is_the_coordinators) {
  sut.step({.clock = 0, .against = {1, 2}, .proven = true, .ahead_ns = ms, .timed_by = 1});
  const auto n = only();
  BOOST_TEST(n.detail.starts_with("clock of coordinator stepped by +1.00 ms against robot and"));
  BOOST_TEST(n.node == coordinator_node);
}

BOOST_AUTO_TEST_CASE(events_of_a_course_have_figures_a_person_can_read) {
  clock_course course;
  course.events = {{course_event::kind::wander, 0, 3'000 * ms, 300 * us, 0},
                   {course_event::kind::step, 0, 1, 5 * ms, 0},
                   {course_event::kind::bad_stamp, 0, 1, 12'345'678 * us, 0},
                   {course_event::kind::disagrees, 0, 1, 1'234, 0}};
  sut.events(course, 1, 0);
  const auto all = sut.take();
  BOOST_REQUIRE(all.size() == 3u); // a step is told by step()
  BOOST_TEST(all[0].detail == "robot against coordinator: rates changed; 300 µs off a straight "
                              "line, within 3.00 s");
  BOOST_TEST(all[1].detail == "robot against coordinator: one exchange contradicts all around it "
                              "by 12.3 s; it was left out of the line, and unless it is impossible "
                              "the bound covers it");
  BOOST_TEST(all[2].detail.ends_with("leaves the bound, 1.23 µs off the estimate"));
  BOOST_TEST((all[2].how == weight::note && all[0].node == 0 && all[0].clock == 1));
}

BOOST_AUTO_TEST_CASE(an_outage_says_who_how_long_and_what_helped) {
  probed_path path{.asker = coordinator_node,
                   .answerer = 1,
                   .local = 0,
                   .remote = 2,
                   .network = "",
                   .method = std::string(by_udp),
                   .probes = {}};
  sut.silent(path, {.begin_ns = 7, .length_ns = 3'900 * ms, .by_control = 5}, 12 * us, 340 * us);
  sut.silent(path, {.begin_ns = 7, .length_ns = 3'900 * ms}, 12 * us, {});
  path.asker = 0;
  path.local = 1;
  path.network = "wifi";
  sut.silent(path, {.begin_ns = 9, .length_ns = 2'000 * ms, .to_the_end = true}, 30 * us, 30 * us);
  sut.silent(path, {.begin_ns = 9, .length_ns = 2'000 * ms, .by_other_path = 1}, {}, 30 * us);
  path.remote = path.local;
  sut.silent(path, {.begin_ns = 9, .length_ns = 2'000 * ms}, {}, {});
  const auto all = sut.take();
  BOOST_REQUIRE(all.size() == 5u);
  for (const auto& n : all)
    BOOST_TEST(n.what == "clock probes unanswered");
  BOOST_TEST(all[0].detail ==
             "no datagrams between coordinator and cloud for 3.90 s; meanwhile they were compared "
             "over the control plane, and the bound between their clocks went from ± 12.0 µs to ± "
             "340 µs");
  BOOST_TEST((all[0].node == 1 && all[0].clock == 0 && all[0].time_ns == 7));
  BOOST_TEST(all[1].detail.ends_with("; nothing compared them meanwhile, and for a part of it "
                                     "nothing bounds their clocks"));
  BOOST_TEST(all[2].detail ==
             "no datagrams between robot and cloud on network wifi for 2.00 s, to the end of the "
             "run; meanwhile they were compared over the coordinator, and the bound between their "
             "clocks stayed within ± 30.0 µs");
  BOOST_TEST(all[3].detail.find("they were compared over another network") != std::string::npos);
  BOOST_TEST((all[2].node == 0 && all[2].clock == 1 && all[2].how == weight::warning));
  BOOST_TEST(all[4].detail.ends_with("so that no figure depends on it"));
  BOOST_TEST((all[4].how == weight::note));
}

BOOST_AUTO_TEST_CASE(a_node_that_datagrams_never_reached_is_named) {
  const probe first{.remote = 2, .t1 = 17};
  sut.never_by_udp({.asker = coordinator_node,
                    .answerer = 1,
                    .local = 0,
                    .remote = 2,
                    .network = "",
                    .method = std::string(by_control),
                    .probes = {&first}});
  const auto n = only();
  BOOST_TEST(n.detail == "cloud never answered the coordinator by UDP; its clock was compared over "
                         "the control plane, with a wider bound");
  BOOST_TEST((n.how == weight::warning && n.node == 1 && n.time_ns == 17));
}

BOOST_AUTO_TEST_CASE(of_a_node_that_no_datagram_can_reach_nobody_says_it_was_silent) {
  const probe first{.remote = 2, .t1 = 17};
  const std::vector<node_id> isolated{1};
  const clock_facts known{.probes = probes, .looks = {}, .names = names, .isolated = isolated};
  clock_notices told(known);
  probed_path path{.asker = coordinator_node,
                   .answerer = 1,
                   .local = 0,
                   .remote = 0,
                   .network = "",
                   .method = std::string(by_control),
                   .probes = {&first}};
  told.never_by_udp(path); // one clock: nothing to be said
  path.remote = 2;
  told.never_by_udp(path);
  const auto all = told.take();
  BOOST_REQUIRE(all.size() == 1u);
  BOOST_TEST(all[0].what == "no clock probes by UDP");
  BOOST_TEST(all[0].detail.starts_with("no datagram of the coordinator leads to the network"),
             all[0].detail);
  BOOST_TEST((all[0].how == weight::warning && all[0].node == 1 && all[0].time_ns == 17));
}

BOOST_AUTO_TEST_CASE(contradictions_are_errors_with_names_and_sizes) {
  sut.system_contradicts(2, 0, {5, 6, 50 * ms});
  sut.paths_contradict(1, 2, {7, 8, 20 * ms});
  sut.shared_differ({.from = 0, .to = 2, .clock = 1}, 9, 100 * us);
  sut.loop_open({.nodes = {coordinator_node, 0, 1}, .residual_ns = -3 * ms, .bound_ns = 40 * us},
                {.from = coordinator_node, .to = 0, .begin_ns = 10});
  const auto all = sut.take();
  BOOST_REQUIRE(all.size() == 4u);
  for (const auto& n : all)
    BOOST_TEST((n.how == weight::error));
  BOOST_TEST(all[0].detail == "what the kernels claim of the offset of coordinator to cloud is "
                              "50.0 ms away from what is possible");
  BOOST_TEST(all[1].detail.ends_with("are 20.0 ms further apart than their bounds allow"));
  BOOST_TEST(all[2].detail.ends_with("exclude an offset of 0 by 100 µs"));
  BOOST_TEST(all[3].detail == "offsets round coordinator, robot, cloud come to -3.00 ms, and their "
                              "bounds only to 40.0 µs");
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "runtime/trace/print_clocks.hpp"
#include "tests/runtime/trace/printed.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

std::string printed(const run_summary& s) {
  terminal_page page;
  print_clocks(page, s);
  print_probe_cost(page, s);
  return page.text();
}

} // namespace

BOOST_AUTO_TEST_SUITE(print_clocks_test)

BOOST_AUTO_TEST_CASE(clocks_that_datagrams_did_not_compare_are_told_with_what_that_cost) {
  run_summary s;
  s.clocks = {{.node = "robot", .offset_ns = 5}, {.node = "cloud", .offset_ns = 7}};
  s.clock_pairs = {{.asker = "coordinator", .answerer = "robot", .method = "udp", .exchanges = 90},
                   {.asker = "coordinator", .answerer = "cloud", .method = "udp", .exchanges = 60}};
  BOOST_TEST(printed(s).find("control plane") == std::string::npos);
  s.clock_pairs.push_back(
      {.asker = "coordinator", .answerer = "cloud", .method = "control", .exchanges = 40});
  BOOST_TEST(has_line(printed(s), "  at times compared over the control plane (UDP did not "
                                  "pass): 40 of 100 exchanges"));
  BOOST_TEST(has_line(printed(s), "clock probes: 40 more exchanges over the control plane, "
                                  "whose cost is not counted"));
  s.clock_pairs.erase(s.clock_pairs.begin() + 1);
  BOOST_TEST(has_line(printed(s), "  compared over the control plane (UDP did not pass): 40 "
                                  "of 40 exchanges"));
}

BOOST_AUTO_TEST_CASE(exchanges_with_bad_stamps_are_told_with_their_pair) {
  run_summary s;
  s.clocks = {{.node = "robot", .shared = true}};
  s.clock_pairs = {{.asker = "robot", .answerer = "cloud", .method = "udp", .exchanges = 90},
                   {.asker = "coordinator", .answerer = "robot", .method = "udp", .shared = true}};
  BOOST_TEST(printed(s).find("bad stamps") == std::string::npos);
  s.clock_pairs[0].bad_stamps = 1;
  BOOST_TEST(has_line(printed(s), "  1 more exchange with bad stamps: left out of every "
                                  "figure"));
  s.clock_pairs[1].bad_stamps = 2;
  BOOST_TEST(has_line(printed(s), "  2 more exchanges with bad stamps: left out of every "
                                  "figure"));
}

BOOST_AUTO_TEST_CASE(clock_probes_that_somebody_disturbed_are_told_in_one_line) {
  run_summary s;
  s.own.mishaps = {.unexpected = 3, .late = 4, .own_stamps = 5};
  BOOST_TEST(printed(s).find("clock probes") == std::string::npos);
  s.own.mishaps.foreign = 1;
  BOOST_TEST(has_line(printed(s), "clock probes: 1 foreign datagram ignored"));
  s.own.mishaps.overflowed = 2;
  BOOST_TEST(
      has_line(printed(s), "clock probes: 1 foreign datagram ignored, 2 lost in full buffers"));
  s.own.mishaps.foreign = 0;
  BOOST_TEST(has_line(printed(s), "clock probes: 2 lost in full buffers"));
}

BOOST_AUTO_TEST_SUITE_END()

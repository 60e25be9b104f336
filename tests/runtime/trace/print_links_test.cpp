// SPDX-License-Identifier: MIT
#include "runtime/trace/print_links.hpp"
#include "tests/runtime/trace/printed.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

std::string printed(const std::vector<run_summary::link_row>& links) {
  terminal_page page;
  print_links(page, links);
  return page.text();
}

} // namespace

BOOST_AUTO_TEST_SUITE(print_links_test)

BOOST_AUTO_TEST_CASE(without_links_there_is_no_table) {
  BOOST_TEST(printed({}).empty());
}

BOOST_AUTO_TEST_CASE(a_side_that_never_reported_is_a_dash) {
  const auto text = printed({{.name = "up", .transport = "udp", .sent = 9, .corrupt = 2}});
  BOOST_TEST(has_line(text,
                      "up       udp              9         –       –          –         –        "
                      "–             –"));
  BOOST_TEST(has_line(text, "         2 frames came corrupt"));
}

BOOST_AUTO_TEST_CASE(what_an_impairment_did_is_told_below_its_link) {
  std::vector<run_summary::link_row> links = {{.name = "up",
                                               .sent = 9,
                                               .counts = {{"impair-corrupted", 1},
                                                          {"impair-duplicated", 0},
                                                          {"impair-lost", 3},
                                                          {"impair-overflow", 2},
                                                          {"packets", 70}}}};
  BOOST_TEST(has_line(printed(links), "         by its impairment: 3 lost, 2 lost in its full "
                                      "buffer, 1 damaged"));
  links[0].counts = {{"impair-lost", 0}, {"packets", 70}};
  BOOST_TEST(printed(links).find("impairment") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_was_done_to_packets_is_told_for_each_way) {
  std::vector<run_summary::link_row> links = {{.name = "up",
                                               .sent = 9,
                                               .counts = {{"packets-entered", 70},
                                                          {"packets-lost", 3},
                                                          {"packets-bursts", 2},
                                                          {"packets-missed", 1},
                                                          {"packets-planned-p50-ns", 20'000'000},
                                                          {"packets-planned-p99-ns", 21'500'000},
                                                          {"packets-planned-max-ns", 22'000'000},
                                                          {"packets-late-p50-ns", 30'000},
                                                          {"packets-late-p99-ns", 200'000},
                                                          {"packets-late-max-ns", 1'500'000},
                                                          {"back-entered", 0}}}};
  const auto text = printed(links);
  BOOST_TEST(has_line(text, "         70 packets: 3 lost, 2 bursts, 1 missed by peernet-run"),
             text);
  BOOST_TEST(
      has_line(text, "           meant to be held p50 20.0 ms, p99 21.5 ms, at most 22.0 ms"),
      text);
  BOOST_TEST(has_line(text, "           let out late by p50 30.0 µs, p99 200 µs, at most 1.50 ms"),
             text);
  BOOST_TEST(text.find("packets back") == std::string::npos);
  links[0].counts = {{"back-entered", 5}};
  BOOST_TEST(printed(links).find("meant to be held") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

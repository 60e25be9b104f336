// SPDX-License-Identifier: MIT
#include "runtime/config/network_trace.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/why.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

network_trace right(std::string_view text) {
  auto trace = network_trace::parse(text);
  BOOST_REQUIRE_MESSAGE(trace.ok(), why(trace));
  return *std::move(trace);
}

} // namespace

BOOST_AUTO_TEST_SUITE(network_trace_test)

BOOST_AUTO_TEST_CASE(a_step_holds_until_the_next_and_the_end_is_the_beginning) {
  const auto t = right("# ours\n"
                       "time_s,delay_ms,loss_percent,rate_mbit\r\n"
                       "0, 20, 0, 10\n\n"
                       "1.5,40.5,2,0.5\n"
                       "2,10,100,20\n"
                       "4,,,\n");
  BOOST_TEST((t.length() == 4s && t.steps().size() == 3u));
  BOOST_TEST((t.has_delay() && t.has_loss() && t.has_rate() && t.loses()));
  const auto delay_at = [&](duration since) { return *t.at(since).delay; };
  BOOST_TEST((delay_at(0s) == 20ms && delay_at(1500ms - 1ns) == 20ms));
  BOOST_TEST((delay_at(1500ms) == 40500us && delay_at(1999ms) == 40500us));
  BOOST_TEST((delay_at(2s) == 10ms && delay_at(4s - 1ns) == 10ms));
  BOOST_TEST((delay_at(4s) == 20ms && delay_at(40s) == 20ms && delay_at(41600ms) == 40500us));
  BOOST_TEST(*t.at(1600ms).loss == 0.02);
  BOOST_TEST(*t.at(1600ms).rate == 0.5e6);
}

BOOST_AUTO_TEST_CASE(columns_may_be_few_and_in_any_order_and_unit) {
  const auto t = right("rate_kbit,time_ms\n500,0\n1000,20\n,50");
  BOOST_TEST((!t.has_delay() && !t.has_loss() && t.has_rate() && !t.loses()));
  BOOST_TEST(*t.at(49ms).rate == 1e6);
  BOOST_TEST((t.length() == 50ms));
  BOOST_TEST((*right("time_s,delay_us\n0,250\n1,\n").at(0s).delay == 250us));
}

BOOST_AUTO_TEST_CASE(each_mistake_is_named_with_its_line) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"", "1: the file is empty; its first line names the columns: time_s,delay_ms"},
      {"# nothing\n", "1: the file is empty"},
      {"time,delay_ms\n", "1: there is no column \"time\"; the first line names the columns, each"},
      {"0,20\n1,\n", "1: there is no column \"0\""},
      {"delay_ms,loss_percent\n0,0\n", "1: the column time_s (or time_ms) is missing"},
      {"time_s\n0\n", "1: only the time has a column; add one of"},
      {"time_s,delay_ms,delay_us\n", "1: two columns say the same; leave \"delay_us\" out"},
      {"time_s,delay_ms\n0,20,3\n1,", "2: has 3 fields, not 2"},
      {"time_s,delay_ms\n0,20ms\n1,", "2: delay_ms: \"20ms\" is no number"},
      {"time_s,delay_ms\n0,nan\n1,", "2: delay_ms: \"nan\" is no number"},
      {"time_s,delay_ms\n0,-1\n1,", "2: delay_ms: -1 is out of range"},
      {"time_s,loss_percent\n0,101\n1,", "2: loss_percent: 101 is out of range"},
      {"time_s,rate_mbit\n0,0\n1,", "an outage is a loss of 100 percent"},
      {"time_s,delay_ms\n,20\n1,", "2: time_s: \"\" is no number"},
      {"time_s,delay_ms\n1,20\n2,", "2: the first step begins at time 0"},
      {"time_s,delay_ms\n0,\n", "2: the first step begins at time 0"},
      {"time_s,delay_ms\n0,20\n0,30\n1,", "3: its time is not behind that of the line before"},
      {"time_s,delay_ms\n0,20\n2,30\n1,", "4: its time is not behind that of the line before"},
      {"time_s,delay_ms\n0,20\n1,\n2,30", "4: the line before has a time only, and so ends"},
      {"time_s,delay_ms,loss_percent\n0,20,\n1,,", "2: a field is empty; only the last line"},
      {"time_s,delay_ms,loss_percent\n0,20,1\n", "the last line has a time and nothing else, such "
                                                 "as \"60,,\""},
      {"time_s,delay_ms", "the end is missing"},
  };
  for (const auto& [text, why] : table)
    BOOST_TEST_CONTEXT(text) {
      const auto trace = network_trace::parse(text);
      BOOST_REQUIRE(!trace.ok());
      BOOST_TEST((trace.error().code == errc::unreadable));
      BOOST_TEST(trace.error().message.find(why) != std::string::npos, trace.error().message);
    }
}

BOOST_AUTO_TEST_CASE(a_file_is_loaded_and_named_when_it_cannot_be) {
  const temp_folder folder;
  std::ofstream(folder / "good.csv") << "time_s,delay_ms\n0,20\n1,\n";
  std::ofstream(folder / "bad.csv") << "time_s,delay_ms\n0,20\n";
  BOOST_TEST(network_trace::load(folder / "good.csv").ok());
  const auto bad = network_trace::load(folder / "bad.csv");
  BOOST_TEST(bad.error().message.starts_with("\"" + (folder / "bad.csv") + "\":"));
  const auto none = network_trace::load(folder / "none.csv");
  BOOST_TEST((none.error().code == errc::not_found));
  BOOST_TEST((network_trace::load(folder.path().string()).error().code == errc::not_found));
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "runtime/core/condition.hpp"
#include "tests/support/why.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

condition parsed(std::string_view text, figure_unit unit) {
  const auto c = parse_condition(text, unit);
  BOOST_REQUIRE_MESSAGE(c.ok(), why(c));
  return *c;
}

} // namespace

BOOST_AUTO_TEST_SUITE(condition_test)

BOOST_AUTO_TEST_CASE(every_form_is_read) {
  using enum figure_unit;
  const auto is = [](const condition& c, statistic of, comparison how, double limit) {
    BOOST_TEST((c == condition{of, how, limit}));
  };
  is(parsed("p95 < 250ms", time_span), statistic::p95, comparison::less, 250e6);
  is(parsed("p99.9<=1s", time_span), statistic::p999, comparison::at_most, 1e9);
  is(parsed("  mean >= -2 µs ", time_span), statistic::mean, comparison::at_least, -2e3);
  is(parsed("< 2%", share), statistic::none, comparison::less, 0.02);
  is(parsed("<= 100%", share), statistic::none, comparison::at_most, 1);
  is(parsed(">= 9.5Hz", rate), statistic::none, comparison::at_least, 9.5);
  is(parsed(">5Mbit", bitrate), statistic::none, comparison::more, 5e6);
  is(parsed("p90 < 20kB", size), statistic::p90, comparison::less, 20e3);
  is(parsed("min>=30.5 dB", decibel), statistic::min, comparison::at_least, 30.5);
  is(parsed("min > -1.5", number), statistic::min, comparison::more, -1.5);
}

BOOST_AUTO_TEST_CASE(every_statistic_is_known_by_its_name) {
  for (const auto s : {statistic::mean, statistic::min, statistic::p50, statistic::p90,
                       statistic::p95, statistic::p99, statistic::p999, statistic::max})
    BOOST_TEST((parsed(std::string(to_string(s)) + " < 1", figure_unit::number).of == s));
  BOOST_TEST(percentile_share(statistic::p999).value() == 0.999);
  BOOST_TEST(!percentile_share(statistic::mean).has_value());
  BOOST_TEST(to_string(statistic::none) == "");
}

BOOST_AUTO_TEST_CASE(mistakes_are_explained) {
  using enum figure_unit;
  struct mistake {
    std::string_view text;
    figure_unit unit;
    std::string_view fragment;
  };
  const mistake table[] = {
      {"", time_span, "compares by <, <=, > or >=; write for example \"p95 < 250ms\""},
      {"p95 250ms", time_span, "compares by"},
      {"p95 == 250ms", time_span, "compares by"},
      {"p95 != 250ms", time_span, "compares by"},
      {"p95 <", time_span, "nothing to compare with"},
      {"< 250ms", time_span, "the statistic is missing, one of mean, min, p50, p90, p95"},
      {"p96 < 250ms", time_span, "no statistic \"p96\"; did you mean \"p9"},
      {"typically < 250ms", time_span, "no statistic \"typically\", only mean, min"},
      {"p95 < 250", time_span, "the unit is missing"},
      {"p95 < 2%", time_span, "\"2%\" is not a duration"},
      {"p95 < < 2ms", time_span, "\"< 2ms\" is not a duration"},
      {"p95 < 2%", share, "one figure of the whole run; leave out \"p95\""},
      {"< 20ms", share, "\"20ms\" is not a share"},
      {"< 101%", share, "from 0% to 100%"},
      {"> -1%", share, "from 0% to 100%"},
      {"> 5MB", bitrate, "\"5MB\" is not a bit rate"},
      {"> 9", rate, "\"9\" is not a rate: the unit is missing"},
      {"mean > 2ms", number, "\"2ms\" is not a plain number"},
      {"p90 < 20", size, "\"20\" is not a size: the unit is missing"},
      {"< 20kB", size, "the statistic is missing"},
      {"min > 30", decibel, "\"30\" is not a number of decibels: the unit is missing"},
      {"mean > nan", number, "\"nan\" is not a plain number"},
  };
  for (const auto& m : table) {
    const auto c = parse_condition(m.text, m.unit);
    BOOST_TEST_CONTEXT(m.text) {
      BOOST_REQUIRE(!c.ok());
      BOOST_TEST((c.error().code == errc::bad_scenario));
      BOOST_TEST(c.error().message.find(m.fragment) != std::string::npos, c.error().message);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_limit_itself_tells_strict_from_loose) {
  const auto holds = [](comparison how, double measured) {
    return condition{.how = how, .limit = 2}.holds(measured);
  };
  BOOST_TEST((holds(comparison::less, 1) && !holds(comparison::less, 2)));
  BOOST_TEST((holds(comparison::at_most, 2) && !holds(comparison::at_most, 3)));
  BOOST_TEST((holds(comparison::more, 3) && !holds(comparison::more, 2)));
  BOOST_TEST((holds(comparison::at_least, 2) && !holds(comparison::at_least, 1)));
}

BOOST_AUTO_TEST_CASE(figures_are_shown_in_their_unit) {
  BOOST_TEST(show_figure(figure_unit::time_span, 61.24e6) == "61.2 ms");
  BOOST_TEST(show_figure(figure_unit::share, 0.00333) == "0.333 %");
  BOOST_TEST(show_figure(figure_unit::share, 1) == "100 %");
  BOOST_TEST(show_figure(figure_unit::rate, 9.98) == "9.98 Hz");
  BOOST_TEST(show_figure(figure_unit::bitrate, 12.1e6) == "12.1 Mbit/s");
  BOOST_TEST(show_figure(figure_unit::size, 12'400) == "12.4 kB");
  BOOST_TEST(show_figure(figure_unit::decibel, 38.21) == "38.2 dB");
  BOOST_TEST(show_figure(figure_unit::number, 3.5) == "3.5");
}

BOOST_AUTO_TEST_SUITE_END()

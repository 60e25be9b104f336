// SPDX-License-Identifier: MIT
#include "runtime/core/units.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(units_test)

BOOST_AUTO_TEST_CASE(durations_are_read_in_every_unit) {
  BOOST_TEST((*parse_duration("250ns") == 250ns));
  BOOST_TEST((*parse_duration("20us") == 20us));
  BOOST_TEST((*parse_duration("20µs") == 20us));
  BOOST_TEST((*parse_duration("1.5ms") == 1500us));
  BOOST_TEST((*parse_duration("10 s") == 10s));
  BOOST_TEST((*parse_duration("2min") == 2min));
  BOOST_TEST((*parse_duration("1h") == 1h));
  BOOST_TEST((*parse_duration("-3s") == -3s));
}

BOOST_AUTO_TEST_CASE(other_quantities_come_in_their_base_unit) {
  BOOST_TEST(*parse_rate("10Hz") == 10);
  BOOST_TEST(*parse_rate("2kHz") == 2000);
  BOOST_TEST(*parse_size("1kB") == 1000u);
  BOOST_TEST(*parse_size("2MiB") == 2u << 20);
  BOOST_TEST(*parse_bitrate("20Mbit") == 20e6);
  BOOST_TEST(*parse_percent("1%") == 0.01);
  BOOST_TEST(*parse_ppm("-40ppm") == -40);
  BOOST_TEST(*parse_decibel("30.5 dB") == 30.5);
}

BOOST_AUTO_TEST_CASE(a_bad_quantity_says_what_is_wrong_and_which_units_there_are) {
  const auto bare = parse_duration("20").error();
  BOOST_TEST((bare.code == errc::bad_scenario));
  BOOST_TEST(bare.message.find("the unit is missing") != std::string::npos);
  BOOST_TEST(bare.message.find("ms") != std::string::npos);
  BOOST_TEST(parse_duration("20 parsecs").error().message.find("unknown unit \"parsecs\"") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_no_quantity_is_refused) {
  for (const auto* text :
       {"", "ms", "fast", "nan s", "inf s", "1e400s", "1e30h", "0x10ms", "1.2.3s"})
    BOOST_TEST(!parse_duration(text).ok(), text);
  for (const auto* text : {"0Hz", "-1Hz", "10"})
    BOOST_TEST(!parse_rate(text).ok(), text);
  for (const auto* text : {"-1B", "1.5B", "1e300GB"})
    BOOST_TEST(!parse_size(text).ok(), text);
}

BOOST_AUTO_TEST_CASE(printing_a_duration_keeps_it_exact) {
  for (const duration d :
       {duration{0}, duration{1ns}, duration{1500us}, duration{20ms}, duration{90s}, duration{-3s}})
    BOOST_TEST((*parse_duration(print_duration(d)) == d));
  BOOST_TEST(print_duration(1500us) == "1500us");
  BOOST_TEST(print_size(4'000'000) == "4MB");
  BOOST_TEST(print_rate(0.5) == "0.5Hz");
  BOOST_TEST(print_bitrate(100e6) == "100Mbit");
  BOOST_TEST(print_bitrate(2e9) == "2Gbit");
  BOOST_TEST(print_bitrate(1.5e6) == "1500kbit");
  BOOST_TEST(print_bitrate(12) == "12bit");
  for (const auto rate : {0.5, 12.0, 1500.0, 1.25e9, 123456789.0})
    BOOST_TEST(*parse_bitrate(print_bitrate(rate)) == rate);
}

BOOST_AUTO_TEST_CASE(an_excess_shows_both_sizes_in_one_unit_and_never_alike) {
  const auto excess = [](std::uint64_t bytes, std::uint64_t allowed) {
    const auto [needed, taken] = print_excess(bytes, allowed);
    BOOST_TEST(*parse_size(needed) >= bytes);
    BOOST_TEST(*parse_size(taken) <= allowed);
    return needed + " " + taken;
  };
  BOOST_TEST(excess(921'645, 500'000) == "922kB 500kB");
  BOOST_TEST(excess(4'000'000'001, 4'000'000'000) == "4001MB 4000MB");
  BOOST_TEST(excess((1 << 30) + 1, 1 << 30) == "1074MB 1073MB");
  BOOST_TEST(excess(101, 100) == "101B 100B");
  BOOST_TEST(excess(1, 0) == "1B 0B");
}

BOOST_AUTO_TEST_CASE(showing_gives_three_digits_and_a_fitting_unit) {
  BOOST_TEST(show_duration(4'523'456ns) == "4.52 ms");
  BOOST_TEST(show_duration(812'345ns) == "812 µs");
  BOOST_TEST(show_duration(999'999ns) == "1.00 ms");
  BOOST_TEST(show_duration(-12'340ns) == "-12.3 µs");
  BOOST_TEST(show_duration(0ns) == "0 ns");
  BOOST_TEST(show_size(1536) == "1.54 kB");
  BOOST_TEST(show_bitrate(9.4e6) == "9.40 Mbit/s");
}

BOOST_AUTO_TEST_SUITE_END()

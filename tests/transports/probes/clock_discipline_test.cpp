// SPDX-License-Identifier: MIT
#include "transports/probes/clock_discipline.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/timex.h>
#include <unistd.h>

using namespace peernet;

namespace {

/// A kernel that says this.
kernel_clock kernel(int state, timex said) {
  return [state, said](timex& t) {
    BOOST_TEST(t.modes == 0u); // never changes anything
    t = said;
    return state;
  };
}

timex kept_clock() {
  timex t{};
  t.status = STA_PLL;
  t.maxerror = 1234;
  t.esterror = 56;
  t.tick = 1'000'000 / ::sysconf(_SC_CLK_TCK);
  return t;
}

clock_discipline look(int state, const timex& said) {
  const auto d = read_discipline(peernet::clock{}, kernel(state, said));
  BOOST_REQUIRE(d.has_value());
  return *d;
}

} // namespace

BOOST_AUTO_TEST_SUITE(clock_discipline_test)

BOOST_AUTO_TEST_CASE(what_the_kernel_says_is_handed_on_in_ns) {
  const auto d = look(TIME_OK, kept_clock());
  BOOST_TEST(d.synchronised);
  BOOST_TEST(d.max_error_ns >= 1'234'000); // and what reading the clocks took
  BOOST_TEST(d.max_error_ns < 1'000'000'000);
  BOOST_TEST(d.estimated_error_ns == 56'000);
  BOOST_TEST(d.rate_ppb == 0);
}

BOOST_AUTO_TEST_CASE(a_clock_counts_as_kept_only_if_both_status_and_state_say_so) {
  auto said = kept_clock();
  BOOST_TEST(!look(TIME_ERROR, said).synchronised);
  BOOST_TEST(look(TIME_INS, said).synchronised); // a leap second is announced
  said.status |= STA_UNSYNC;
  BOOST_TEST(!look(TIME_OK, said).synchronised);
}

BOOST_AUTO_TEST_CASE(the_rate_is_that_of_frequency_and_tick_together) {
  auto said = kept_clock();
  said.freq = 37 * 65536;
  BOOST_TEST(look(TIME_OK, said).rate_ppb == 37'000);
  said.freq = -65536 / 2;
  BOOST_TEST(look(TIME_OK, said).rate_ppb == -500);
  said.freq = 65536;
  said.tick += 1; // 1 µs in each of 100 ticks a second, as a rule
  BOOST_TEST(look(TIME_OK, said).rate_ppb == 1'000 + 1'000 * ::sysconf(_SC_CLK_TCK));
}

BOOST_AUTO_TEST_CASE(a_kernel_that_does_not_answer_says_nothing) {
  BOOST_TEST(!read_discipline(peernet::clock{}, kernel(-1, {})).has_value());
}

BOOST_AUTO_TEST_CASE(both_clocks_are_read_at_one_moment_the_nodes_own_with_its_error) {
  const peernet::clock node(clock_error{.offset = std::chrono::seconds(5)});
  const auto wall_before = wall_clock_ns();
  const auto before = node.now();
  const auto d = read_discipline(node, kernel(TIME_OK, kept_clock()));
  const auto after = node.now();
  const auto wall_after = wall_clock_ns();
  BOOST_REQUIRE(d.has_value());
  BOOST_TEST(d->time_ns >= to_ns(before));
  BOOST_TEST(d->time_ns <= to_ns(after));
  BOOST_TEST(d->wall_ns >= wall_before);
  BOOST_TEST(d->wall_ns <= wall_after);
}

BOOST_AUTO_TEST_CASE(this_kernel_either_answers_sensibly_or_not_at_all) {
  if (const auto d = read_discipline(peernet::clock{}, this_kernel())) {
    BOOST_TEST(d->max_error_ns >= 0);
    BOOST_TEST(d->estimated_error_ns >= 0);
    BOOST_TEST(std::abs(d->rate_ppb) <= 11'000'000); // 10 % tick is refused, 500 ppm frequency too
  }
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "runtime/clocks/silences.hpp"
#include "tests/runtime/clocks/simulated_pair.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

/// Every 100 ms one exchange of nodes 0 and 1, which have clocks of the same numbers, in seconds
/// [begin, end).
std::vector<probe> every_100_ms(node_id asker, std::int64_t begin, std::int64_t end) {
  const auto answerer = static_cast<node_id>(1 - asker);
  std::vector<probe> probes;
  for (auto t = begin * second; t < end * second; t += 100 * ms)
    probes.push_back({.local = asker,
                      .remote = answerer,
                      .asker = asker,
                      .answerer = answerer,
                      .t1 = t,
                      .t2 = t + us,
                      .t3 = t + 2 * us,
                      .t4 = t + 3 * us,
                      .network = {},
                      .method = std::string(by_udp)});
  return probes;
}

std::vector<probe_silence> in(const std::vector<probe>& all) {
  const probed_paths paths(all);
  return silences_of(paths.all().front(), all, second);
}

std::vector<probe> operator+(std::vector<probe> a, const std::vector<probe>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::vector<probe> changed(std::vector<probe> some, auto change) {
  for (auto& p : some)
    change(p);
  return some;
}

} // namespace

BOOST_AUTO_TEST_SUITE(silences_test)

BOOST_AUTO_TEST_CASE(exchanges_without_a_gap_are_no_silence_whoever_asked) {
  BOOST_TEST(in(every_100_ms(0, 0, 9)).empty());
  BOOST_TEST(in(every_100_ms(0, 0, 3) + every_100_ms(1, 3, 6) + every_100_ms(0, 6, 9)).empty());
}

BOOST_AUTO_TEST_CASE(a_gap_has_a_beginning_and_a_length) {
  const auto found = in(every_100_ms(0, 0, 2) + every_100_ms(0, 5, 9));
  BOOST_TEST_REQUIRE(found.size() == 1u);
  BOOST_TEST(found[0].begin_ns == 1900 * ms);
  BOOST_TEST(found[0].length_ns == 3100 * ms);
  BOOST_TEST(found[0].remote_begin_ns == 1900 * ms + us);
  BOOST_TEST(!found[0].to_the_end);
  BOOST_TEST(found[0].by_control == 0u);
}

BOOST_AUTO_TEST_CASE(the_run_lasts_as_long_as_either_clock_is_compared_with_any) {
  const auto with_another = [](probe& p) {
    p.asker = coordinator_node;
    p.local = 7;
  };
  const auto others = changed(every_100_ms(1, 0, 9), [&](probe& p) {
    std::swap(p.local, p.remote);
    std::swap(p.asker, p.answerer);
    with_another(p);
  });
  auto both = changed(every_100_ms(0, 0, 9), [&](probe& p) {
    p.remote = p.answerer = 0;
    with_another(p);
  });
  const auto found = in(every_100_ms(0, 2, 4) + others + both);
  BOOST_TEST_REQUIRE(found.size() == 2u);
  BOOST_TEST(found[0].begin_ns < 2 * us);
  BOOST_TEST(found[0].length_ns / ms == 1999);
  BOOST_TEST(found[1].begin_ns == 3900 * ms);
  BOOST_TEST(found[1].length_ns / ms == 5000);
}

BOOST_AUTO_TEST_CASE(bursts_before_and_behind_the_run_are_apart_from_it) {
  const auto at = [](probe_phase phase) { return [=](probe& p) { p.phase = phase; }; };
  BOOST_TEST(in(changed(every_100_ms(0, 0, 1), at(probe_phase::before)) + every_100_ms(0, 5, 9) +
                changed(every_100_ms(0, 20, 21), at(probe_phase::after)))
                 .empty());
  BOOST_TEST(in(changed(every_100_ms(0, 0, 1), at(probe_phase::before))).empty());
}

BOOST_AUTO_TEST_CASE(a_clock_that_jumps_over_seconds_was_not_silent_in_them) {
  const auto later = [](probe& p) {
    p.t1 += 60 * second;
    p.t4 += 60 * second;
  };
  BOOST_TEST(in(every_100_ms(0, 0, 3) + changed(every_100_ms(0, 3, 6), later)).empty());
}

BOOST_AUTO_TEST_CASE(exchanges_over_the_control_plane_meanwhile_are_counted) {
  const auto control = [](probe& p) { p.method = by_control; };
  const auto found =
      in(every_100_ms(0, 0, 2) + every_100_ms(0, 6, 9) + changed(every_100_ms(0, 3, 6), control));
  BOOST_TEST_REQUIRE(found.size() == 1u);
  BOOST_TEST(found[0].by_control == 30u);
  BOOST_TEST(found[0].by_other_path == 0u);
}

BOOST_AUTO_TEST_CASE(exchanges_over_another_network_meanwhile_are_counted) {
  const auto wifi = [](probe& p) { p.network = "wifi"; };
  const auto found = in(every_100_ms(0, 0, 2) + changed(every_100_ms(0, 0, 9), wifi));
  BOOST_TEST_REQUIRE(found.size() == 1u);
  BOOST_TEST(found[0].by_other_path == 71u);
  BOOST_TEST(found[0].by_control == 0u);
  BOOST_TEST(found[0].to_the_end);
}

BOOST_AUTO_TEST_SUITE_END()

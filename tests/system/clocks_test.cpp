// SPDX-License-Identifier: MIT
// A node with a false clock, whose error is known: what is reported must lie within its own bound
// of the truth.
#include "tests/support/run_process.hpp"
#include "tests/support/run_scenarios.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

namespace fs = std::filesystem;
using namespace peernet;

namespace {

constexpr double drift = 50e-6;
constexpr std::int64_t offset_ns = 3'000'000'000;
constexpr std::int64_t rounding_ns = 3; ///< of the false clock, and of the views

/// The echo with a false clock on "cloud", long enough for the drift to be 50 µs.
std::vector<std::string> false_clock() {
  return set_with_room({"scenario.duration=1s", "nodes.cloud.test-clock.offset=3s",
                        "nodes.cloud.test-clock.drift=50ppm"});
}

/// Undoes the false clock of "cloud"; when it began is the last number in its domain's name.
class truth {
public:
  explicit truth(run_database& db) {
    const auto domain = db.text("SELECT clock FROM nodes WHERE name = 'cloud'");
    began_ = std::stoll(domain.substr(domain.rfind('-') + 1));
  }
  /// The machine's time of a raw stamp; clock 0 is the machine's own.
  [[nodiscard]] std::int64_t of(std::int64_t clock, std::int64_t stamp) const {
    if (clock == 0)
      return stamp;
    const auto elapsed = static_cast<double>(stamp - offset_ns - began_);
    return began_ + std::llround(elapsed / (1 + drift));
  }

private:
  std::int64_t began_ = 0;
};

/// Spans as they were stamped, beside what the view makes of them.
const std::string raw_and_mapped =
    "SELECT o.begin_clock, s.begin_ns, o.end_clock, s.end_ns, v.begin_ns, v.end_ns, "
    "v.duration_ns, v.bound_ns FROM span s JOIN origin o ON o.id = s.origin "
    "JOIN route r ON r.id = o.route JOIN place p ON p.id = r.place JOIN step t ON t.id = o.what "
    "JOIN spans v ON v.trace = s.trace AND v.place = p.name AND v.step = t.name";

} // namespace

BOOST_AUTO_TEST_SUITE(clocks_test)

BOOST_AUTO_TEST_CASE(durations_between_two_clocks_lie_within_their_bound_of_the_truth) {
  run_process run(endless_scenario, false_clock());
  run.expect_end(0, {{"probe", 1}});
  BOOST_TEST(run.out().substr(0, 5) == "VALID");
  auto db = run.database();
  const truth real(db);
  const auto spans = db.numbers(raw_and_mapped + " WHERE o.begin_clock <> o.end_clock");
  BOOST_TEST(spans.size() == 200u); // 100 samples there and back
  for (const auto& s : spans) {
    const auto begin = real.of(s[0], s[1]), end = real.of(s[2], s[3]);
    const auto duration = s[6], bound = s[7];
    BOOST_TEST(bound > 0);
    BOOST_TEST(end - begin > 0); // or the test itself is wrong about the clock
    BOOST_TEST(std::abs(duration - (end - begin)) <= bound + rounding_ns,
               "a link took " << end - begin << " ns, " << duration << " ± " << bound
                              << " are reported");
    BOOST_TEST(bound < 50'000'000, "a bound of " << bound << " ns says nothing");
  }
}

BOOST_AUTO_TEST_CASE(times_are_placed_on_the_reference_clock_within_the_bound) {
  run_process run(endless_scenario, false_clock());
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  const truth real(db);
  std::int64_t bound = 0; // the widest at all: a single time's own is not in the views
  for (const auto& s : db.numbers(raw_and_mapped))
    bound = std::max(bound, s[7]);
  for (const auto& s : db.numbers(raw_and_mapped)) {
    BOOST_TEST(std::abs(s[4] - real.of(s[0], s[1])) <= bound + rounding_ns);
    BOOST_TEST(std::abs(s[5] - real.of(s[2], s[3])) <= bound + rounding_ns);
  }
}

BOOST_AUTO_TEST_CASE(inside_a_node_only_the_rate_of_its_clock_is_uncertain) {
  run_process run(endless_scenario, false_clock());
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  const truth real(db);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans WHERE begin_node <> end_node AND "
                       "bound_ns <= 0") == 0);
  std::size_t own = 0, of_the_reference = 0;
  for (const auto& s : db.numbers(raw_and_mapped + " WHERE o.begin_clock = o.end_clock")) {
    const auto took = real.of(s[2], s[3]) - real.of(s[0], s[1]);
    BOOST_TEST(std::abs(s[6] - took) <= s[7] + rounding_ns,
               "a step took " << took << " ns, " << s[6] << " ± " << s[7] << " are reported");
    if (s[0] == 0)
      BOOST_TEST((s[6] == s[3] - s[1] && s[7] == 0));
    ++(s[0] == 0 ? of_the_reference : own);
  }
  BOOST_TEST((own > 100 && of_the_reference > 100));
}

BOOST_AUTO_TEST_CASE(the_view_of_clocks_shows_the_error_with_its_bound) {
  run_process run(endless_scenario, false_clock());
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  const truth real(db);
  const auto own = db.numbers("SELECT DISTINCT offset_ns, bound_ns FROM clocks WHERE "
                              "node = 'robot'");
  BOOST_REQUIRE(own.size() == 1u);
  BOOST_TEST(own[0][0] == 0);
  BOOST_TEST(own[0][1] == 0);
  const auto seen = db.numbers("SELECT time_ns, offset_ns, bound_ns FROM clocks WHERE "
                               "node = 'cloud'");
  BOOST_TEST(!seen.empty());
  for (const auto& c : seen) {
    const auto shown = c[0] + c[1]; // on the false clock
    BOOST_TEST(std::abs(real.of(1, shown) - c[0]) <= c[2] + rounding_ns);
  }
  BOOST_TEST(run.out().find("cloud") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(negative_durations_are_shown_as_they_are) {
  run_process run(endless_scenario, false_clock());
  run.expect_end(0, {{"probe", 1}});
  // With the estimate moved by 10 ms in a copy, one direction must come out below zero.
  const auto copy = run.folder() / "moved.db";
  fs::copy_file(*run.results() + "/run.db", copy);
  run_database db(copy, true);
  db.execute("UPDATE clock_segment SET offset_ns = offset_ns + CASE WHEN to_clock = 0 THEN "
             "10000000 ELSE -10000000 END WHERE from_clock <> to_clock");
  BOOST_TEST(db.number("SELECT MIN(duration_ns) FROM spans WHERE step = 'link'") < 0);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans WHERE step = 'link' AND duration_ns = 0") == 0);
}

BOOST_AUTO_TEST_CASE(a_closed_loop_works_across_clocks) {
  run_process run(echo_scenario,
                  set({"nodes.robot.test-clock.offset=-3s", "nodes.robot.test-clock.drift=50ppm",
                       "sinks.back.node=cloud", "inference.mirror.node=robot"}));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes WHERE outcome = 'delivered'") == 100);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans WHERE step = 'notice' AND bound_ns > 0") == 100);
}

BOOST_AUTO_TEST_SUITE_END()

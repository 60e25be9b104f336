// SPDX-License-Identifier: MIT
#include "tests/support/clock_truth.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>

namespace peernet {

clock_truth::clock_truth(run_database& db, const false_clocks& errors)
    : start_(db.number("SELECT value FROM run WHERE key = 'start_ns'")) {
  for (const auto& node : db.rows("SELECT name, clock, clock_domain FROM node")) {
    const auto error = errors.find(node[0]);
    if (error == errors.end()) {
      BOOST_REQUIRE_MESSAGE(node[1] == "0", node[0] << " has a clock the test knows nothing of");
      continue;
    }
    const auto origin = std::stoll(node[2].substr(node[2].rfind('-') + 1));
    const auto [made, added] =
        clocks_.emplace(std::stoll(node[1]), peernet::clock(error->second, stamp_from_ns(origin)));
    BOOST_REQUIRE_MESSAGE(added, node[0] << " shares its clock");
    made->second.run_begins(stamp_from_ns(start_));
  }
}

std::int64_t clock_truth::of(std::int64_t clock, std::int64_t t) const {
  return clock == 0 ? t : to_ns(clocks_.at(clock).to_machine(stamp_from_ns(t)));
}

std::int64_t clock_truth::shown(std::int64_t clock, std::int64_t machine) const {
  return clock == 0 ? machine : to_ns(clocks_.at(clock).from_machine(stamp_from_ns(machine)));
}

std::vector<crossing> check_crossings(run_database& db, const clock_truth& truth) {
  std::vector<crossing> all;
  // The view has no bound of a single time: it is taken from where the view takes its own.
  for (const auto& r :
       db.rows("SELECT p.name, o.begin_clock, s.begin_ns, o.end_clock, s.end_ns, v.begin_ns, "
               "v.duration_ns, v.bound_ns, c.bound_ns + c.bound_growth * ABS(s.begin_ns - "
               "c.anchor_ns) FROM span s JOIN origin o ON o.id = s.origin "
               "JOIN route r ON r.id = o.route JOIN place p ON p.id = r.place "
               "JOIN step t ON t.id = o.what AND t.name = 'link' "
               "JOIN spans v ON v.trace = s.trace AND v.place = p.name AND v.step = 'link' "
               "JOIN clock_segment c ON c.from_clock = o.begin_clock AND c.to_clock = 0 "
               "AND s.begin_ns BETWEEN c.first_ns AND c.last_ns "
               "WHERE o.begin_clock <> o.end_clock ORDER BY v.begin_ns")) {
    const auto number = [&](std::size_t column) { return std::stoll(r[column]); };
    const auto begin = truth.of(number(1), number(2)), end = truth.of(number(3), number(4));
    const crossing c{r[0], begin, end - begin, number(6), number(7)};
    BOOST_TEST(c.took > 0); // or the test itself is wrong about the clocks
    BOOST_TEST(c.bound > 0);
    BOOST_TEST(std::abs(c.reported - c.took) <= c.bound + rounding_ns,
               c.link << " took " << c.took << " ns, " << c.reported << " ± " << c.bound
                      << " are reported, " << begin - truth.start() << " ns from the start");
    const auto placed = number(5), within = static_cast<long long>(std::stod(r[8]));
    BOOST_TEST(std::abs(placed - begin) <= within + rounding_ns,
               c.link << " began at " << begin << ", " << placed << " ± " << within
                      << " is reported");
    all.push_back(c);
  }
  return all;
}

std::size_t check_durations(run_database& db, const clock_truth& truth) {
  const auto spans =
      db.rows("SELECT p.name || ' ' || t.name, o.begin_clock, s.begin_ns, o.end_clock, s.end_ns, "
              "v.duration_ns, v.bound_ns FROM span s JOIN origin o ON o.id = s.origin "
              "JOIN route r ON r.id = o.route JOIN place p ON p.id = r.place "
              "JOIN step t ON t.id = o.what JOIN spans v ON v.trace = s.trace AND v.place = p.name "
              "AND v.step = t.name WHERE o.begin_clock <> 0 OR o.end_clock <> 0");
  for (const auto& r : spans) {
    const auto number = [&](std::size_t column) { return std::stoll(r[column]); };
    const auto begin = truth.of(number(1), number(2)), end = truth.of(number(3), number(4));
    BOOST_TEST(std::abs(number(5) - (end - begin)) <= number(6) + rounding_ns,
               r[0] << " took " << end - begin << " ns, " << r[5] << " ± " << r[6]
                    << " are reported, " << begin - truth.start() << " ns from the start");
  }
  return spans.size();
}

std::size_t check_probes(run_database& db, const clock_truth& truth) {
  const auto probes = db.numbers("SELECT local_clock, remote_clock, t1, t2, t3, t4 FROM probe");
  for (const auto& p : probes) {
    const auto arrived = truth.of(p[1], p[3]), answered = truth.of(p[1], p[4]);
    BOOST_TEST(truth.of(p[0], p[2]) <= arrived + rounding_ns);
    BOOST_TEST(arrived <= answered + rounding_ns);
    BOOST_TEST(answered <= truth.of(p[0], p[5]) + rounding_ns);
  }
  return probes.size();
}

} // namespace peernet

// SPDX-License-Identifier: MIT
// What is made of the exchanges of three clocks, and whether it holds the truth.
#pragma once

#include "runtime/clocks/clock_estimate.hpp"
#include "tests/runtime/clocks/simulated_trio.hpp"

#include <boost/test/unit_test.hpp>

namespace peernet {

inline clock_estimates estimate(std::span<const probe> probes,
                                std::span<const clock_discipline> looks = {},
                                clock_basis basis = clock_basis::probe) {
  return estimate_clocks({.probes = probes, .looks = looks, .names = trio_names, .basis = basis});
}

inline const clock_notice* find(const clock_estimates& e, std::string_view what) {
  const auto at = std::ranges::find(e.notices, what, &clock_notice::what);
  return at == e.notices.end() ? nullptr : &*at;
}

inline bool says(const clock_notice& n, std::string_view text) {
  return n.detail.find(text) != std::string::npos;
}

/// As if a daemon kept all machines to UTC within `max_error`; UTC is true time, and the wall
/// clocks are right but for `off`.
inline std::vector<clock_discipline> disciplined(const simulated_trio& trio, std::int64_t max_error,
                                                 std::int64_t off = 0) {
  std::vector<clock_discipline> looks;
  for (clock_id c = 0; c < 3; ++c)
    for (double t = -1e9; t <= trio.length + 2e9; t += 1e9)
      looks.push_back({.clock = c,
                       .node = simulated_trio::node(c),
                       .time_ns = trio.clocks[c].at(t),
                       .wall_ns = std::llround(t) + (c == 1 ? off : 0),
                       .synchronised = true,
                       .max_error_ns = max_error});
  return looks;
}

inline simulated_trio idle_trio() {
  simulated_trio trio;
  trio.clocks[1] = {.offset = 1e9, .drift = 50e-6};
  trio.clocks[2] = {.offset = -2e9, .drift = -80e-6};
  return trio;
}

/// Every conversion that there is, against the truth.
inline void expect_truth(const clock_estimates& e, const simulated_trio& trio,
                         random_source& random) {
  for (const auto& [from, to] : {std::pair{1, 0}, {2, 0}, {1, 2}, {2, 1}}) {
    const auto [a, b] = std::pair{static_cast<clock_id>(from), static_cast<clock_id>(to)};
    const auto found =
        judge(only(e.segments, a, b), trio.pair(a, b), true, -0.3e9, trio.length + 0.3e9, random);
    BOOST_TEST(found.outside == 0, from << " to " << to << ": " << found);
  }
}

inline std::int64_t worst_bound(const clock_estimates& e, const simulated_trio& trio, clock_id from,
                                clock_id to) {
  random_source random(1);
  return judge(only(e.segments, from, to), trio.pair(from, to), true, 0, trio.length, random)
      .worst_bound;
}

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "tests/runtime/trace/hand_made.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(store_clocks_test)

BOOST_AUTO_TEST_CASE(looks_at_kernels_come_back_as_they_were) {
  hand_made_run run(pipeline_layout());
  const clock_discipline look{.clock = 2,
                              .node = 1,
                              .time_ns = 7,
                              .wall_ns = 1'700'000'000'000'000'000,
                              .synchronised = true,
                              .max_error_ns = 16'000'000,
                              .estimated_error_ns = 5,
                              .rate_ppb = -12'345};
  BOOST_REQUIRE(run.db.append_looks(std::vector{look, look}).ok());
  const auto back = require(run.db.read_looks());
  BOOST_REQUIRE(back.size() == 2);
  BOOST_TEST((back[0] == look && back[1] == look));
}

BOOST_AUTO_TEST_CASE(what_clocks_came_to_replaces_what_was_there) {
  hand_made_run run(pipeline_layout(1));
  clock_estimates all;
  all.segments = {{.from = 1, .to = 0, .offset_ns = 5}};
  all.pairs = {{.asker = coordinator_node,
                .answerer = 1,
                .network = "wifi",
                .method = "udp",
                .exchanges = 12,
                .bad_stamps = 1,
                .shortest_ns = 300,
                .median_ns = 400,
                .offset_ns = -5,
                .drift = 2e-6,
                .bound_ns = 150,
                .worst_bound_ns = 160,
                .checked = cross_check{1, 2, 3, 4}},
               {.asker = 0, .answerer = 1, .checked = std::nullopt}};
  all.loops = {{.nodes = {coordinator_node, 0, 1}, .residual_ns = 7, .bound_ns = 9}};
  all.notices = {{.how = clock_notice::weight::warning,
                  .time_ns = 100,
                  .clock = 1,
                  .node = 1,
                  .what = "clock step",
                  .detail = "by +2 ms"}};
  for (int i = 0; i < 2; ++i) {
    BOOST_REQUIRE(run.db.write_clocks(all).ok());
    check_rows(run.rows("SELECT * FROM clock_pairs", 14),
               {"coordinator|cloud|wifi|udp|0|12|1|300|400|-5|2000.0|150|160|3",
                "robot|cloud|||0|0|0|0|0|0|0.0|0|0|-"});
    check_rows(run.rows("SELECT * FROM clock_loops", 5), {"coordinator|robot|cloud|7|9"});
    check_rows(run.rows("SELECT * FROM events", 5), {"105|cloud|warning|clock step|by +2 ms"});
    BOOST_TEST(require(run.db.read_segments()).size() == 2u);
  }
  BOOST_REQUIRE(run.db.write_clocks({}).ok());
  BOOST_TEST(run.rows("SELECT * FROM events", 5).empty());
  BOOST_TEST(require(run.db.read_segments()).size() == 1u); // the reference clock's own
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "runtime/trace/route_tree.hpp"
#include "tests/runtime/trace/hand_made.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(route_tree_test)

BOOST_AUTO_TEST_CASE(a_fan_out_reaches_each_sink_its_own_way) {
  const auto shape = fan_out_layout();
  const route_tree sut(shape);
  BOOST_REQUIRE(sut.sinks().size() == 2);
  const auto& reach = sut.reachable(0);
  BOOST_REQUIRE(reach.size() == 2);
  BOOST_TEST((reach[0].routes == std::vector<route_id>{2}));
  BOOST_TEST((reach[1].routes == std::vector<route_id>{6}));
  BOOST_TEST(sut.path(2) == "camera->direct");
  BOOST_TEST(sut.path(6) == "camera->detector->final");
  BOOST_TEST((sut.way(6) == std::vector<route_id>{0, 3, 4, 5, 6}));
  BOOST_TEST(sut.depth(6) == 4u);
}

BOOST_AUTO_TEST_CASE(a_diamond_reaches_one_sink_by_two_ways) {
  const auto shape = diamond_layout();
  const route_tree sut(shape);
  BOOST_REQUIRE(sut.sinks().size() == 1);
  const auto& way = sut.reachable(0).front();
  BOOST_TEST((way.routes == std::vector<route_id>{4, 8}));
  for (route_id r = 0; r < 9; ++r)
    BOOST_TEST(sut.on_way(r, way));
  BOOST_TEST(sut.sink_of(4).value() == 0u);
  BOOST_TEST(!sut.sink_of(3).has_value());
  BOOST_TEST(sut.sink_routes_behind(0) == 2u);
  BOOST_TEST(sut.sink_routes_behind(5) == 1u);
}

BOOST_AUTO_TEST_CASE(a_route_leads_to_what_it_begins) {
  const auto shape = fan_out_layout();
  const route_tree sut(shape);
  BOOST_TEST(sut.leads_to(0, 6));
  BOOST_TEST(sut.leads_to(3, 6));
  BOOST_TEST(sut.leads_to(6, 6));
  BOOST_TEST(!sut.leads_to(1, 6));
  BOOST_TEST(!sut.leads_to(6, 3));
  BOOST_TEST(!sut.on_way(1, sut.reachable(0)[1]));
}

BOOST_AUTO_TEST_SUITE_END()

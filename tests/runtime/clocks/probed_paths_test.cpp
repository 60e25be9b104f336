// SPDX-License-Identifier: MIT
#include "runtime/clocks/probed_paths.hpp"
#include "tests/runtime/clocks/simulated_trio.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

probe between_nodes(node_id asker, node_id answerer, const std::string& network = "") {
  return {.local = asker,
          .remote = answerer,
          .asker = asker,
          .answerer = answerer,
          .t1 = 100,
          .t2 = 1'120,
          .t3 = 1'130,
          .t4 = 150,
          .network = network,
          .method = "udp"};
}

} // namespace

BOOST_AUTO_TEST_SUITE(probed_paths_test)

BOOST_AUTO_TEST_CASE(a_path_is_two_nodes_on_one_network_by_one_method_whoever_asks) {
  std::vector probes{between_nodes(3, 4), between_nodes(4, 3), between_nodes(3, 4, "wifi"),
                     between_nodes(3, 4), between_nodes(3, 5)};
  probes[3].method = "control";
  const probed_paths sut(probes);
  BOOST_TEST_REQUIRE(sut.all().size() == 4u);
  BOOST_TEST((sut.all()[0].asker == 3 && sut.all()[0].answerer == 4));
  BOOST_TEST(sut.all()[0].probes.size() == 2u);
  BOOST_TEST(sut.all()[1].network == "wifi");
  BOOST_TEST(sut.all()[2].method == "control");
  BOOST_TEST(sut.of_nodes(4, 3).size() == 3u);
  BOOST_TEST(sut.of_clocks(3, 4).size() == 3u);
  BOOST_TEST(sut.of_nodes(4, 5).empty());
}

BOOST_AUTO_TEST_CASE(each_side_sees_the_offsets_its_own_way_whoever_asked) {
  auto asked_back = between_nodes(4, 3);
  std::swap(asked_back.t1, asked_back.t3); // the same exchange as seen from the other end
  std::swap(asked_back.t2, asked_back.t4);
  const std::vector probes{between_nodes(3, 4), asked_back};
  const probed_paths sut(probes);
  for (const auto& b : sut.exchanges(sut.of_nodes(3, 4)))
    BOOST_TEST((b.low == 980 && b.high == 1'020));
  for (const auto& b : sut.exchanges(sut.of_clocks(4, 3)))
    BOOST_TEST((b.low == -1'020 && b.high == -980));
}

BOOST_AUTO_TEST_CASE(nodes_on_one_clock_have_a_path_but_no_two_clocks) {
  auto shared = between_nodes(3, 4);
  shared.remote = shared.local;
  const std::vector probes{shared};
  const probed_paths sut(probes);
  BOOST_TEST(sut.all().front().shared());
  BOOST_TEST(sut.of_nodes(3, 4).size() == 1u);
  BOOST_TEST(sut.of_clocks(3, 3).empty());
}

BOOST_AUTO_TEST_CASE(a_course_is_computed_once_for_all_who_ask) {
  random_source random(1);
  const simulated_trio trio;
  const auto probes = trio.run(2, random);
  probed_paths sut(probes);
  const auto* course = &sut.course(sut.of_nodes(0, 1));
  BOOST_TEST(&sut.course(sut.of_clocks(1, 2)) == course); // node 0 has clock 1
  BOOST_TEST(&sut.course({{0, true}}) == course);
  BOOST_TEST(&sut.course(sut.of_nodes(1, 0)) != course);
  const auto again = estimate_course(bounds_of_all(probes, true), 0, 1);
  BOOST_TEST(course->segments.size() == again.segments.size());
  BOOST_TEST(course->segments.front().offset_ns == again.segments.front().offset_ns);
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "runtime/config/plan.hpp"
#include "runtime/core/random.hpp"
#include "tests/runtime/config/base_scenario.hpp"
#include "tests/support/why.hpp"

#include <algorithm>

using namespace peernet;

namespace {

/// A scenario of echoes: stages as "name" or "name*count", links as "from>to".
scenario graph(const std::vector<std::string>& sensors, const std::vector<std::string>& inference,
               const std::vector<std::string>& sinks, const std::vector<std::string>& links) {
  scenario s;
  s.nodes.resize(2);
  s.nodes[0].name = "robot";
  s.nodes[1].name = "cloud";
  const auto fill = [](stage_config& c, const std::string& text, const char* node) {
    const auto star = text.find('*');
    c.name = text.substr(0, star);
    c.node = node;
    if (star != std::string::npos)
      c.count = static_cast<std::uint16_t>(std::stoi(text.substr(star + 1)));
  };
  for (const auto& text : sensors)
    fill(s.sensors.emplace_back(), text, "robot");
  for (const auto& text : inference)
    fill(s.inference.emplace_back(), text, "cloud");
  for (const auto& text : sinks)
    fill(s.sinks.emplace_back(), text, "robot");
  for (const auto& text : links) {
    auto& link = s.links.emplace_back();
    link.from = text.substr(0, text.find('>'));
    link.to = text.substr(text.find('>') + 1);
    link.name = link.from + "-to-" + link.to;
  }
  return s;
}

plan plan_of(const scenario& s) {
  auto made = make_plan(s);
  BOOST_REQUIRE_MESSAGE(made.ok(), why(made));
  return *std::move(made);
}

/// What plan.hpp promises of every plan.
void check_promises(const plan& p) {
  std::size_t total = 0;
  std::vector<std::uint32_t> size(p.routes.size(), 1);
  for (auto r = p.routes.size(); r-- > 0;)
    if (const auto parent = p.routes[r].parent; parent != no_route) {
      BOOST_REQUIRE(parent < r);
      size[parent] += size[r];
    }
  for (std::size_t sensor = 0; sensor < p.sensors.size(); ++sensor) {
    const auto root = p.sensor_routes[sensor];
    BOOST_TEST(root == total);
    BOOST_TEST(p.routes[root].parent == no_route);
    BOOST_TEST(p.routes[root].instance == p.sensors[sensor]);
    total += p.instances[p.sensors[sensor]].routes_below;
  }
  BOOST_TEST(total == p.routes.size());
  for (route_id r = 0; r < p.routes.size(); ++r) {
    const auto& at = p.routes[r];
    if (p.places[at.place].kind == plan_place::kind::link)
      continue;
    const auto& instance = p.instances[at.instance];
    BOOST_TEST(at.place == instance.place);
    BOOST_TEST(at.copy == instance.copy);
    BOOST_TEST(at.node == instance.node);
    BOOST_TEST(size[r] == instance.routes_below);
    std::uint32_t last_step = 0;
    for (const auto l : instance.out) {
      const auto& lane = p.lanes[l];
      BOOST_TEST(lane.route_step > last_step);
      last_step = lane.route_step;
      const auto on_lane = r + lane.route_step;
      BOOST_REQUIRE(on_lane + 1 < p.routes.size());
      BOOST_TEST(p.routes[on_lane].parent == r);
      BOOST_TEST(p.routes[on_lane].place == lane.link);
      BOOST_TEST(p.routes[on_lane].copy == lane.copy);
      BOOST_TEST(p.routes[on_lane].instance == lane.to);
      BOOST_TEST(p.routes[on_lane].node == p.instances[lane.to].node);
      BOOST_TEST(p.routes[on_lane + 1].parent == on_lane);
      BOOST_TEST(p.routes[on_lane + 1].instance == lane.to);
    }
  }
  for (std::uint32_t l = 0; l < p.lanes.size(); ++l) {
    const auto holds = [l](const std::vector<std::uint32_t>& lanes) {
      return std::count(lanes.begin(), lanes.end(), l) == 1;
    };
    BOOST_TEST(holds(p.instances[p.lanes[l].from].out));
    BOOST_TEST(holds(p.instances[p.lanes[l].to].in));
  }
}

std::vector<std::string> ways(const plan& p, std::uint32_t sensor = 0) {
  std::vector<std::string> names;
  for (const auto& way : sink_routes(p, sensor))
    names.push_back(route_name(p, way.route));
  return names;
}

using names = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(plan_test)

BOOST_AUTO_TEST_CASE(a_pipeline_has_one_way_of_five_routes) {
  const auto p = plan_of(
      graph({"camera"}, {"detector"}, {"actuator"}, {"camera>detector", "detector>actuator"}));
  check_promises(p);
  BOOST_TEST(p.nodes == (names{"robot", "cloud"}));
  BOOST_TEST(p.places.size() == 5u);
  BOOST_TEST((p.places[3].kind == plan_place::kind::link));
  BOOST_TEST(p.places[4].name == "detector-to-actuator");
  BOOST_TEST(p.instances.size() == 3u);
  BOOST_TEST(p.instances[1].node == 1);
  BOOST_TEST(p.lanes.size() == 2u);
  BOOST_TEST(p.routes.size() == 5u);
  BOOST_TEST(ways(p) == (names{"camera->detector->actuator"}));
  BOOST_TEST(route_name(p, 1) == "camera->camera-to-detector");
  BOOST_TEST(route_name(p, 0) == "camera");
}

BOOST_AUTO_TEST_CASE(fan_out_numbers_its_ways_in_preorder) {
  const auto p = plan_of(graph({"camera"}, {"a", "b"}, {"x", "y"},
                               {"camera>a", "camera>b", "a>x", "a>y", "b>y", "camera>y"}));
  check_promises(p);
  BOOST_TEST(ways(p) == (names{"camera->a->x", "camera->a->y", "camera->b->y", "camera->y"}));
  BOOST_TEST(reachable_sinks(p, 0) == (std::vector<std::uint32_t>{3, 4}));
}

BOOST_AUTO_TEST_CASE(a_diamond_merges_stages_but_keeps_ways_apart) {
  const auto p =
      plan_of(graph({"camera"}, {"split", "a", "b", "merge"}, {"x"},
                    {"camera>split", "split>a", "split>b", "a>merge", "b>merge", "merge>x"}));
  check_promises(p);
  BOOST_TEST(ways(p) == (names{"camera->split->a->merge->x", "camera->split->b->merge->x"}));
  BOOST_TEST(reachable_sinks(p, 0).size() == 1u);
  BOOST_TEST(p.instances[4].in.size() == 2u);
}

BOOST_AUTO_TEST_CASE(links_may_be_written_in_any_order) {
  const auto p = plan_of(
      graph({"camera"}, {"late", "early"}, {"x"}, {"late>x", "early>late", "camera>early"}));
  check_promises(p);
  BOOST_TEST(ways(p) == (names{"camera->early->late->x"}));
}

BOOST_AUTO_TEST_CASE(copies_of_a_sensor_are_sensors_of_their_own) {
  const auto p = plan_of(graph({"lidar", "camera*3"}, {"detector"}, {"x"},
                               {"lidar>x", "camera>detector", "detector>x"}));
  check_promises(p);
  BOOST_TEST(p.sensors.size() == 4u);
  BOOST_TEST(ways(p, 3) == (names{"camera[2]->detector->x"}));
  BOOST_TEST(ways(p, 0) == (names{"lidar->x"}));
  const auto& detector = p.instances[4];
  BOOST_TEST(detector.in.size() == 3u);
  BOOST_TEST(p.lanes[detector.in[2]].copy == 2);
}

BOOST_AUTO_TEST_CASE(shared_workers_are_one_instance) {
  const auto p =
      plan_of(graph({"camera"}, {"detector*4"}, {"x"}, {"camera>detector", "detector>x"}));
  check_promises(p);
  BOOST_TEST(p.instances.size() == 3u);
  BOOST_TEST(p.instances[1].workers == 4);
  BOOST_TEST(ways(p) == (names{"camera->detector->x"}));
}

BOOST_AUTO_TEST_CASE(dispatch_to_all_makes_instances_that_each_get_every_sample) {
  auto s = graph({"camera"}, {"detector*3"}, {"x"}, {"camera>detector", "detector>x"});
  s.inference[0].dispatch = dispatch::all;
  const auto p = plan_of(s);
  check_promises(p);
  BOOST_TEST(p.instances.size() == 5u);
  BOOST_TEST(p.instances[1].workers == 1);
  BOOST_TEST(ways(p) ==
             (names{"camera->detector[0]->x", "camera->detector[1]->x", "camera->detector[2]->x"}));
  BOOST_TEST(reachable_sinks(p, 0).size() == 1u);
}

BOOST_AUTO_TEST_CASE(every_copy_of_a_sink_gets_every_sample_unless_paired) {
  auto s = graph({"camera*2"}, {}, {"x*2"}, {"camera>x"});
  const auto all = plan_of(s);
  check_promises(all);
  BOOST_TEST(all.lanes.size() == 4u);
  BOOST_TEST(ways(all, 1) == (names{"camera[1]->x[0]", "camera[1]->x[1]"}));
  BOOST_TEST(reachable_sinks(all, 1).size() == 2u);
  s.links[0].pair = true;
  const auto paired = plan_of(s);
  check_promises(paired);
  BOOST_TEST(paired.lanes.size() == 2u);
  BOOST_TEST(ways(paired, 1) == (names{"camera[1]->x[1]"}));
  BOOST_TEST(paired.lanes[1].copy == 1);
}

BOOST_AUTO_TEST_CASE(a_link_within_one_node_is_local_unless_forced) {
  auto s = graph({"camera"}, {"detector"}, {"x"}, {"camera>detector", "camera>x", "detector>x"});
  BOOST_TEST(!plan_of(s).lanes[0].local);
  BOOST_TEST(plan_of(s).lanes[1].local);
  s.links[1].force = true;
  BOOST_TEST(!plan_of(s).lanes[1].local);
}

BOOST_AUTO_TEST_CASE(random_graphs_keep_the_promises) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    random_source random(seed);
    const auto counted = [&](const std::string& name, std::size_t most) {
      return name + "*" + std::to_string(random.between(1, most));
    };
    const names inference{"a", "b", "c", "d"};
    auto s = graph({counted("s", 3), "t"}, inference, {counted("x", 3), "y"}, {"s>a", "t>x"});
    for (auto& c : s.inference) {
      c.count = static_cast<std::uint16_t>(random.between(1, 3));
      c.dispatch = random.between(0, 1) ? dispatch::all : dispatch::shared;
    }
    const auto link = [&](const std::string& from, const std::string& to) {
      auto& l = s.links.emplace_back();
      l.name = from + "-" + to;
      l.from = from;
      l.to = to;
    };
    for (std::size_t i = 0; i < inference.size(); ++i) {
      for (std::size_t j = i + 1; j < inference.size(); ++j)
        if (random.between(0, 1))
          link(inference[i], inference[j]);
      if (random.between(0, 1))
        link("t", inference[i]);
      link(inference[i], random.between(0, 1) ? "x" : "y");
    }
    BOOST_TEST_CONTEXT("seed " << seed) {
      check_promises(plan_of(s));
    }
  }
}

BOOST_AUTO_TEST_CASE(limits_name_what_passes_them) {
  const auto refusal = [](const scenario& s) {
    const auto made = make_plan(s);
    BOOST_REQUIRE(!made.ok());
    BOOST_TEST((made.error().code == errc::bad_scenario));
    return made.error().message;
  };
  const auto begins = [](const std::string& text, std::string_view with) {
    BOOST_TEST(text.starts_with(with), text);
  };
  begins(refusal(graph({"a*10000"}, {}, {"b*10000", "c*10000"}, {})), "sinks.c: this makes more");
  begins(refusal(graph({"a*10000"}, {}, {"b*10000"}, {"a>b"})), "links.a-to-b: this makes more");
  // Three ways a step, twelve steps: few lanes, half a million ways.
  names stages, links{"s>n0"};
  for (int i = 0; i < 12; ++i) {
    const auto n = std::to_string(i);
    for (const auto* part : {"n", "p", "q", "r"})
      stages.push_back(part + n);
    for (const auto* part : {"p", "q", "r"}) {
      links.push_back("n" + n + ">" + part + n);
      links.push_back(part + n + ">" + (i == 11 ? "x" : "n" + std::to_string(i + 1)));
    }
  }
  const auto message = refusal(graph({"s"}, stages, {"x"}, links));
  begins(message, "links.n");
  BOOST_TEST(message.find("200000 ways") != std::string::npos, message);
  begins(refusal(graph({"s"}, {"a", "b"}, {"x"}, {"s>a", "a>b", "b>a", "b>x"})),
         "links: they form");
}

BOOST_AUTO_TEST_SUITE_END()

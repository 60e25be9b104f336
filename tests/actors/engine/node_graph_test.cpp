// SPDX-License-Identifier: MIT
// Loading: what each object is told, and how what cannot be made is named.
#include "tests/actors/engine/graph_run.hpp"
#include "tests/support/why.hpp"

#include <stdexcept>

using namespace peernet;

namespace {

/// The error of loading `node` with types of the test's own.
template <class Register>
error load_error(std::string_view toml, const std::string& node, Register add,
                 const catalogue& known = catalogue::builtin()) {
  const auto g = read_plan(toml, known);
  test_node n(g, node, known);
  add(n.types);
  const auto done = n->load();
  BOOST_REQUIRE(!done.ok());
  return done.error();
}

template <class Kind>
plugin_factory<Kind> failing(std::string why) {
  return [why](const options&, const environment&) -> result<std::unique_ptr<Kind>> {
    return error{errc::not_found, why};
  };
}

} // namespace

BOOST_AUTO_TEST_SUITE(node_graph_test)

BOOST_AUTO_TEST_CASE(a_node_has_the_clock_that_the_scenario_gives_it) {
  const auto g = read_plan(
      with(chain_toml, "[nodes.cloud]", "[nodes.cloud]\ntest-clock = { offset = \"1h\" }"));
  test_node robot(g, "robot"), cloud(g, "cloud");
  BOOST_CHECK(cloud->clock().now() - robot->clock().now() > 59min);
  BOOST_CHECK(cloud->clock().domain() != robot->clock().domain());
}

BOOST_AUTO_TEST_CASE(values_of_all_models_are_named_once) {
  const auto g = read_plan(with(chain_toml, "model = \"echo\"", "model = \"echo\"\ncount = 2"));
  test_node cloud(g, "cloud");
  cloud.types.add_model("echo",
                        [](const options&, const environment&) -> result<std::unique_ptr<model>> {
                          return std::unique_ptr<model>{std::make_unique<scripted_model>(
                              [](const payload&, emitter&) { return result<void>{}; },
                              model_traits{.preprocess = false,
                                           .postprocess = false,
                                           .max_outputs = 1,
                                           .values = {"score", "boxes"}})};
                        });
  require(cloud->load());
  BOOST_CHECK((cloud->value_names() == std::vector<std::string>{"boxes", "score"}));
}

BOOST_AUTO_TEST_CASE(each_object_is_told_where_it_lives) {
  const auto g = read_plan(with(chain_toml, "model = \"echo\"", "model = \"echo\"\ncount = 3"));
  test_node cloud(g, "cloud");
  std::vector<environment> told;
  cloud.types.add_model(
      "echo", [&](const options&, const environment& where) -> result<std::unique_ptr<model>> {
        told.push_back(where);
        return std::unique_ptr<model>{std::make_unique<scripted_model>(
            [](const payload&, emitter&) { return result<void>{}; })};
      });
  require(cloud->load());
  BOOST_REQUIRE_EQUAL(told.size(), 3u);
  for (std::uint16_t i = 0; i < 3; ++i) {
    BOOST_TEST(told[i].stage == "detector");
    BOOST_TEST(told[i].copy == i);
    BOOST_TEST(told[i].seed == 1u);
    BOOST_TEST(told[i].directory == g.what->directory);
  }
}

BOOST_AUTO_TEST_CASE(a_sink_that_draws_on_frames_gets_those_of_its_sensor) {
  catalogue known = catalogue::builtin();
  require(
      known.add({.kind = plugin_kind::sink,
                 .name = "draw",
                 .module = "",
                 .doc = "draws",
                 .options = {{.name = "frames", .kind = option_kind::sensor, .doc = "whose"}}}));
  const auto g = read_plan(with(chain_toml, "[sinks.actuator]\nnode = \"robot\"",
                                "[sinks.actuator]\nnode = \"robot\"\ntype = \"draw\"\n"
                                "frames = \"camera\""),
                           known);
  test_node robot(g, "robot", known);
  robot.use_builtins();
  const frame_history* told = nullptr;
  robot.types.add_sink(
      "draw", [&](const options&, const environment& where) -> result<std::unique_ptr<sink>> {
        told = where.frames;
        return std::unique_ptr<sink>{
            std::make_unique<scripted_sink>([](const sample&) { return result<void>{}; })};
      });
  require(robot->load());
  BOOST_REQUIRE(told != nullptr);
  const auto bound = robot->bind({});
  BOOST_REQUIRE(bound.ok());
  BOOST_TEST(robot->sensors.at(0)->keeper.get() == told);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_made_is_named_by_its_key) {
  const auto none = [](registry&) {};
  const auto sensor_error = load_error(chain_toml, "robot", [](registry& r) {
    register_builtin_sinks(r);
    r.add_sensor("bytes", failing<sensor>("the lens is missing"));
  });
  BOOST_TEST(sensor_error.message == "sensors.camera: the lens is missing");
  BOOST_CHECK(sensor_error.code == errc::not_found);

  const auto model_error = load_error(chain_toml, "cloud", [](registry& r) {
    r.add_model("echo", failing<model>("weights.pt does not exist"));
  });
  BOOST_TEST(model_error.message == "inference.detector: weights.pt does not exist");

  const auto sink_error = load_error(chain_toml, "robot", [](registry& r) {
    register_builtin_sensors(r);
    r.add_sink("discard", failing<sink>("no arm"));
  });
  BOOST_TEST(sink_error.message == "sinks.actuator: no arm");

  const auto unknown = load_error(chain_toml, "cloud", none);
  BOOST_TEST(unknown.message.starts_with("inference.detector: "), unknown.message);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_made_can_be_asked_for_by_its_key) {
  const auto g = read_plan(chain_toml);
  test_node robot(g, "robot");
  robot.types.add_sensor("bytes", failing<sensor>("the lens is missing"));
  robot.types.add_sink("discard", failing<sink>("no arm"));
  BOOST_TEST(robot->faults().empty());
  BOOST_TEST(!robot->load().ok());
  BOOST_REQUIRE_EQUAL(robot->faults().size(), 2u);
  const auto& [key, why] = robot->faults().front();
  BOOST_TEST(key == "sensors.camera");
  BOOST_CHECK(why.code == errc::not_found);
  BOOST_TEST(why.message == "the lens is missing");
}

BOOST_AUTO_TEST_CASE(a_rehearsal_goes_on_without_what_cannot_be_made) {
  catalogue known = catalogue::builtin();
  require(known.add({.kind = plugin_kind::codec,
                     .name = "squeeze",
                     .module = "of-nobody",
                     .doc = "makes small"}));
  const auto g = read_plan(
      with(chain_toml, "to = \"detector\"", "to = \"detector\"\ncodec = \"squeeze\""), known);
  auto around = with_networks(g, "robot", {});
  around.rehearsal = true;
  test_node robot(g, "robot", around, known), cloud(g, "cloud", around, known);
  robot.types.add_sensor("bytes", failing<sensor>("the lens is missing"));
  robot.types.add_sink("discard", failing<sink>("no arm"));
  cloud.types.add_model("echo", failing<model>("no weights"));
  for (auto* node : {&robot, &cloud}) { // neither knows the codec
    register_zmq_channels(node->types);
    BOOST_TEST(!(*node)->load().ok());
  }
  BOOST_TEST(robot->faults().size() == 3u);
  BOOST_TEST(cloud->faults().size() == 2u);
  std::vector<bound_end> all;
  for (auto* node : {&robot, &cloud}) {
    const auto bound = (*node)->bind({});
    BOOST_REQUIRE_MESSAGE(bound.ok(), why(bound));
    all.insert(all.end(), bound->begin(), bound->end());
  }
  BOOST_TEST(all.size() == 2u);
  for (auto* node : {&robot, &cloud})
    require((*node)->connect(all));
  for (auto* node : {&robot, &cloud})
    BOOST_TEST(test_run::until([&] { return (*node)->unconnected().empty(); }));
}

BOOST_AUTO_TEST_CASE(a_factory_that_throws_is_named_by_its_key_too) {
  const auto e = load_error(chain_toml, "cloud", [](registry& r) {
    r.add_model("echo", [](const options&, const environment&) -> result<std::unique_ptr<model>> {
      throw std::runtime_error("cuda is out of memory");
    });
  });
  BOOST_TEST(e.message.starts_with("inference.detector: "), e.message);
  BOOST_TEST(e.message.find("cuda is out of memory") != std::string::npos, e.message);
}

BOOST_AUTO_TEST_CASE(a_module_that_is_not_there_is_named_by_its_key) {
  catalogue known = catalogue::builtin();
  require(known.add({.kind = plugin_kind::model,
                     .name = "ghost",
                     .module = "no-such-module",
                     .doc = "not there",
                     .options = {}}));
  const auto e = load_error(
      with(chain_toml, "model = \"echo\"", "model = \"ghost\""), "cloud", [](registry&) {}, known);
  BOOST_TEST(e.message.starts_with("inference.detector: "), e.message);
  BOOST_TEST(e.message.find("no-such-module") != std::string::npos, e.message);
}

BOOST_AUTO_TEST_CASE(a_codec_that_cannot_be_made_is_named_by_its_link_on_both_sides) {
  catalogue known = catalogue::builtin();
  require(known.add(
      {.kind = plugin_kind::codec, .name = "zip", .module = "", .doc = "packs", .options = {}}));
  const auto text = with(chain_toml, "to = \"detector\"", "to = \"detector\"\ncodec = \"zip\"");
  for (const auto* node : {"robot", "cloud"}) {
    const auto e = load_error(
        text, node,
        [](registry& r) {
          register_builtin_sensors(r);
          register_builtin_models(r);
          register_builtin_sinks(r);
          r.add_codec("zip", failing<codec>("no such level"));
        },
        known);
    BOOST_TEST(e.message == "links.uplink.codec: no such level");
  }
}

BOOST_AUTO_TEST_CASE(everything_that_cannot_be_made_is_named_at_once) {
  const auto e = load_error(chain_toml, "robot", [](registry& r) {
    r.add_sensor("bytes", failing<sensor>("the lens is missing"));
    r.add_sink("discard", failing<sink>("actuator: no arm")); // it knows its name
  });
  BOOST_TEST(e.message == "sensors.camera: the lens is missing\nsinks.actuator: no arm");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_wrong_is_named_by_the_key_that_holds_it) {
  catalogue known = catalogue::builtin();
  require(known.add({.kind = plugin_kind::model,
                     .name = "net",
                     .module = "",
                     .doc = "has files",
                     .options = {{.name = "path", .kind = option_kind::text, .doc = "weights"},
                                 {.name = "labels", .kind = option_kind::text, .doc = "names"}}}));
  const auto text =
      with(chain_toml, "model = \"echo\"", "model = \"net\"\npath = \"a.pt\"\nlabels = \"b.txt\"");
  const auto key_of = [&](const std::string& message) {
    const auto e = load_error(
        text, "cloud", [&](registry& r) { r.add_model("net", failing<model>(message)); }, known);
    return e.message.substr(0, e.message.find(": "));
  };
  BOOST_TEST(key_of("'/data/a.pt' is no model") == "inference.detector.path");
  BOOST_TEST(key_of("out of memory") == "inference.detector");
}

BOOST_AUTO_TEST_SUITE_END()

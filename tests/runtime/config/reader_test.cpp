// SPDX-License-Identifier: MIT
#include "runtime/config/reader.hpp"
#include "tests/runtime/config/base_scenario.hpp"
#include "tests/support/temp_folder.hpp"

#include <fstream>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

struct mistake {
  std::string_view what; ///< in the base scenario
  std::string_view by;
  std::uint32_t line, column;
  std::string_view fragment;
};

} // namespace

BOOST_AUTO_TEST_SUITE(reader_test)

BOOST_AUTO_TEST_CASE(a_small_scenario_gets_every_default) {
  const auto s = read_right(base_text);
  BOOST_TEST(s.name == "test");
  BOOST_TEST((s.run_for == 10s));
  BOOST_TEST(!s.samples);
  BOOST_TEST((s.warmup == 0s));
  BOOST_TEST((s.drain == 2s));
  BOOST_TEST(s.seed == 1u);
  BOOST_REQUIRE_EQUAL(s.nodes.size(), 2u);
  BOOST_TEST(s.nodes[0].name == "robot"); // the order of the file, not of the alphabet
  BOOST_TEST((s.nodes[0].start == node_start::child));
  const auto& camera = s.sensors.at(0);
  BOOST_TEST((camera.arrival == arrival::periodic));
  BOOST_TEST(camera.rate_hz == 10);
  BOOST_TEST((camera.max_lag == 100ms));
  BOOST_TEST(camera.count == 1);
  BOOST_TEST(camera.settings.get<std::int64_t>("width") == 640);
  BOOST_TEST((s.inference.at(0).queue == queue_config{}));
  BOOST_TEST((s.inference.at(0).dispatch == dispatch::shared));
  BOOST_TEST((s.inference.at(0).settings.get<duration>("infer") == 0ms));
  BOOST_TEST(s.sinks.at(0).type == "discard");
  BOOST_TEST(s.links.at(0).transport == "zmq-tcp");
  BOOST_TEST(s.links.at(0).codecs.empty());
  BOOST_TEST(!s.links.at(0).psnr);
  BOOST_TEST(!s.links.at(0).pair);
  BOOST_TEST(!s.links.at(0).force);
}

BOOST_AUTO_TEST_CASE(every_key_is_read) {
  const auto s = read_right(R"(
[scenario]
name = "all-keys"
description = "Everything at once"
samples = 300
warmup = "500ms"
drain = "3s"
seed = 42
[nodes.robot]
addresses = { lan = "10.0.0.4", wifi = "fe80::1" }
test-clock = { offset = "-250ms", drift = "40ppm" }
[nodes.cloud]
start = "child"
on-loss = "continue"
[nodes.desk]
host = "desk.lab"
addresses = { wifi = "192.168.7.5" }
[nodes.arm]
start = "join"
[sensors.lidar]
node = "robot"
type = "bytes"
size = { min = "100B", max = "10kB" }
arrival = "closed-loop"
in-flight = 4
timeout = "2s"
count = 3
[sensors.camera]
node = "robot"
type = "synthetic-image"
channels = 1
arrival = "poisson"
rate = "0.5kHz"
max-lag = "3ms"
[inference.detector]
node = "cloud"
model = "hog-people"
scale = 1
stride = 16
queue = { size = 1, policy = "drop-newest" }
count = 3
dispatch = "all"
[sinks.actuator]
node = "robot"
type = "save-images"
frames = "camera"
every = 10
queue = { policy = "block" }
[links.first]
from = "lidar"
to = "detector"
pair = true
transport = "caf"
codec = { type = "png", level = 9 }
send-queue = { size = 2 }
[links.second]
from = "camera"
to = "detector"
force = true
codec = "jpeg"
[links.third]
from = "detector"
to = "actuator"
network = "wifi"
[expect.metrics]
"camera->actuator.end-to-end" = ["p95 < 250ms", "p50 < 100ms"]
"first.loss" = "< 2%"
)");
  BOOST_TEST(s.name == "all-keys");
  BOOST_TEST(s.description == "Everything at once");
  BOOST_TEST((s.samples == 300u));
  BOOST_TEST((s.warmup == 500ms));
  BOOST_TEST((s.drain == 3s));
  BOOST_TEST(s.seed == 42u);
  BOOST_TEST(s.nodes[0].addresses.at("wifi") == "fe80::1");
  BOOST_TEST((s.nodes[0].test_clock == clock_error{-250ms, 40}));
  BOOST_TEST((s.nodes[0].on_loss == node_loss::stop));
  BOOST_TEST((s.nodes[1].on_loss == node_loss::carry_on));
  BOOST_TEST((s.nodes[2].start == node_start::daemon));
  BOOST_TEST(s.nodes[2].host == "desk.lab");
  BOOST_TEST((s.nodes[3].start == node_start::join));
  const auto& lidar = s.sensors.at(0);
  BOOST_TEST((lidar.arrival == arrival::closed_loop));
  BOOST_TEST((lidar.settings.get<int_range>("size") == int_range{100, 10'000}));
  BOOST_TEST(lidar.in_flight == 4u);
  BOOST_TEST((lidar.timeout == 2s));
  BOOST_TEST(lidar.count == 3);
  const auto& camera = s.sensors.at(1);
  BOOST_TEST((camera.arrival == arrival::poisson));
  BOOST_TEST(camera.rate_hz == 500);
  BOOST_TEST((camera.max_lag == 3ms));
  const auto& detector = s.inference.at(0);
  BOOST_TEST(detector.settings.get<double>("scale") == 1.0);
  BOOST_TEST(detector.settings.get<std::int64_t>("stride") == 16);
  BOOST_TEST((detector.queue == queue_config{1, overflow::drop_newest}));
  BOOST_TEST((detector.dispatch == dispatch::all));
  BOOST_TEST((s.sinks.at(0).queue == queue_config{12, overflow::block}));
  BOOST_TEST(s.sinks.at(0).settings.get<std::string>("frames") == "camera");
  BOOST_TEST(!s.sinks.at(0).settings.has("path"));
  BOOST_TEST(s.links.at(0).pair);
  BOOST_TEST(s.links.at(0).transport == "caf");
  BOOST_TEST(s.links.at(0).codecs.at(0).settings.get<std::int64_t>("level") == 9);
  BOOST_TEST(s.links.at(0).send_queue.size == 2u);
  BOOST_TEST(s.links.at(1).force);
  BOOST_TEST(s.links.at(1).codecs.at(0).settings.get<std::int64_t>("quality") == 90);
  BOOST_TEST(s.links.at(2).network == "wifi");
  BOOST_REQUIRE_EQUAL(s.expectations.size(), 3u);
  BOOST_TEST(s.expectations[1].metric == "camera->actuator.end-to-end");
  BOOST_TEST(s.expectations[1].condition == "p50 < 100ms");
  BOOST_TEST(s.expectations[2].condition == "< 2%");
}

BOOST_AUTO_TEST_CASE(each_mistake_is_named_in_its_place) {
  const mistake table[] = {
      // keys
      {"rate =", "widht = 3\nrate =", 10, 1, "did you mean \"width\"?"},
      {"node = \"robot\"\ntype", "node = \"robot\"\ncolour = 3\ntype", 9, 1,
       "unknown key \"colour\" in [sensors.camera]; valid are: node"},
      {"[scenario]", "[scenario]\nunknown = 1", 2, 1, "unknown key \"unknown\""},
      {"[sinks.actuator]", "[sink.actuator]", 16, 2,
       "unknown table [sink]; did you mean \"sinks\"?"},
      {"[scenario]", "[sweep]\n[scenario]", 1, 2, "unknown table [sweep]"},
      {"[scenario]", "name = \"x\"\n[scenario]", 1, 1, "unknown table [name]"},
      {"[scenario]\nduration = \"10s\"", "", 1, 1, "[scenario] is missing"},
      // wrong kinds
      {"rate = \"10Hz\"", "rate = 10", 10, 8, "\"10\" is not a rate: the unit is missing"},
      {"\"10s\"", "10", 2, 12, "write for example \"20ms\""},
      {"\"10s\"", "\"10 parsecs\"", 2, 12, "unknown unit \"parsecs\""},
      {"\"10s\"", "true", 2, 12, "must be a text with number and unit, not true or false"},
      {"\"10s\"", "2020-01-01", 2, 12, "not a date"},
      {"node = \"cloud\"", "node = 3", 13, 8, "must be a text in quotes, not a whole number"},
      {"model = \"dummy\"", "model = \"dummy\"\nbusy = \"yes\"", 15, 8, "must be true or false"},
      {"model = \"dummy\"", "model = \"dummy\"\ncount = 1.5", 15, 9, "must be a whole number"},
      {"model = \"dummy\"", "model = \"dummy\"\nqueue = 3", 15, 9, "must be a table, { size = 8"},
      {"model = \"dummy\"", "model = \"dummy\"\nqueue = { sise = 3 }", 15, 11, "mean \"size\"?"},
      {"[nodes.cloud]", "[nodes.cloud]\n[[nodes.edge]]", 6, 1,
       "must be a table, [nodes.edge], not a list"},
      {"[scenario]", "expect = 3\n[scenario]", 1, 10,
       "must be a table, [expect.metrics], not a whole"},
      // missing
      {"node = \"cloud\"\n", "", 12, 12, "inference.detector.node: is missing"},
      {"model = \"dummy\"\n", "", 12, 12, "valid are: dummy, echo, hog-people"},
      {"type = \"synthetic-image\"\n", "", 7, 10, "sensors.camera.type: is missing"},
      {"rate = \"10Hz\"\n", "", 7, 10, "sensors.camera.rate: is missing"},
      {"to = \"actuator\"\n", "", 23, 8, "links.downlink.to: is missing"},
      {"duration = \"10s\"\n", "", 1, 2, "does not say when the run ends"},
      {"model = \"dummy\"", "model = \"haar\"", 12, 12, "inference.detector.path: is missing"},
      // ranges and words
      {"\"10s\"", "\"0s\"", 2, 12, "must be above 0s"},
      {"\"10s\"", "\"10s\"\nsamples = 5", 3, 11, "not by both"},
      {"duration = \"10s\"", "samples = 0", 2, 11, "must be from 1 to"},
      {"\"10s\"", "\"10s\"\nseed = -1", 3, 8, "must be at least 0, not -1"},
      {"\"10Hz\"", "\"2000kHz\"", 10, 8, "must be from 1e-06Hz to 1e+06Hz, not 2e+06Hz"},
      {"\"10Hz\"", "\"10Hz\"\ncount = 1001", 11, 9, "must be from 1 to 1000, not 1001"},
      {"\"10Hz\"", "\"10Hz\"\nchannels = 2", 11, 12, "from 1 to 3 in steps of 2"},
      {"\"10Hz\"", "\"10Hz\"\narrival = \"periodik\"", 11, 11, "did you mean \"periodic\"?"},
      {"\"10Hz\"", "\"10Hz\"\narrival = \"often\"", 11, 11,
       "there is no \"often\"; valid are: periodic, poisson, closed-loop"},
      {"\"10Hz\"", "\"10Hz\"\narrival = \"closed-loop\"", 10, 8, "a closed loop has none"},
      {"\"10Hz\"", "\"10Hz\"\nin-flight = 2", 11, 13, "only a closed loop has one"},
      {"\"10Hz\"", "\"10Hz\"\ntimeout = \"1s\"", 11, 11, "only a closed loop has one"},
      {"\"dummy\"", "\"dummy\"\nqueue = { size = 0 }", 15, 18, "from 1 to 1000000, not 0"},
      {"\"dummy\"", "\"dummy\"\nqueue = { policy = \"drop\" }", 15, 20,
       "there is no \"drop\"; valid are: drop-oldest, drop-newest, block"},
      {"\"dummy\"", "\"dummy\"\ninfer = \"-1ms\"", 15, 9, "must be from 0s to 3600s"},
      {"[nodes.cloud]", "[nodes.cloud]\non-loss = \"continu\"", 6, 11,
       "there is no \"continu\"; did you mean \"continue\"?"},
      {"[nodes.cloud]", "[nodes.cloud]\non-loss = true", 6, 11,
       "must be a text in quotes, not true or false; valid are: stop, continue"},
      {"[nodes.cloud]", "[nodes.cloud]\nhost = 7447", 6, 8,
       "nodes.cloud.host: must be a text in quotes, not a whole number"},
      {"[nodes.cloud]", "[nodes.cloud]\nstart = \"deamon\"", 6, 9, "did you mean \"daemon\"?"},
      // types
      {"\"synthetic-image\"", "\"sythetic-image\"", 9, 8, "did you mean \"synthetic-image\"?"},
      {"\"dummy\"", "\"dumy\"", 14, 9, "there is no model \"dumy\"; did you mean \"dummy\"?"},
      {"\"dummy\"", "5", 14, 9, "must be the name of a model in quotes"},
      {"to = \"detector\"", "to = \"detector\"\ntransport = \"zmq\"", 22, 13,
       "there is no transport \"zmq\""},
      {"to = \"detector\"", "to = \"detector\"\ncodec = \"jpg\"", 22, 9, "did you mean \"jpeg\"?"},
      {"to = \"detector\"", "to = \"detector\"\ncodec = { quality = 3 }", 22, 1,
       "links.uplink.codec.type: is missing"},
      {"to = \"detector\"", "to = \"detector\"\ncodec = { type = \"png\", quality = 3 }", 22, 25,
       "unknown key \"quality\" in [links.uplink.codec]"},
      {"to = \"detector\"", "to = \"detector\"\ncodec = 3", 22, 9, "or a name, not a whole number"},
      {"to = \"detector\"", "to = \"detector\"\nquality = 3", 22, 1, "unknown key \"quality\""},
      // joining
      {"from = \"camera\"", "from = [\"camera\", \"lidar\"]", 20, 8, "joining several inputs"},
      {"to = \"detector\"", "to = [\"detector\", \"b\"]", 21, 6, "write one link for each"},
      {"model = \"dummy\"", "model = \"dummy\"\njoin = [\"a\", \"b\"]", 15, 1,
       "joining several inputs into one is not supported"},
      // sizes
      {"type = \"synthetic-image\"", "type = \"bytes\"\nsize = 5", 10, 8, "\"5\" is not a size"},
      {"type = \"synthetic-image\"", "type = \"bytes\"\nsize = { min = \"1B\" }", 10, 8,
       "two keys"},
      {"type = \"synthetic-image\"", "type = \"bytes\"\nsize = { min = \"2kB\", max = \"1kB\" }",
       10, 8, "min is larger"},
      {"type = \"synthetic-image\"", "type = \"bytes\"\nsize = \"2GiB\"", 10, 8, "from 0B to"},
      // expectations
      {"[scenario]", "[expect.metrics]\n\"a.b\" = 3\n[scenario]", 2, 9,
       "a text or a list of texts"},
      {"[scenario]", "[expect.metrics]\n\"a.b\" = [1]\n[scenario]", 2, 9, "a list of texts"},
      {"[scenario]", "[expect.metric]\n[scenario]", 1, 9, "did you mean \"metrics\"?"},
  };
  for (const auto& m : table)
    BOOST_TEST_CONTEXT(m.by) {
      expect_one(read_text(base_with(m.what, m.by)), m.line, m.column, m.fragment);
    }
}

BOOST_AUTO_TEST_CASE(all_mistakes_come_at_once_in_the_order_of_the_file) {
  auto text = base_with("\"10s\"", "10");
  text.replace(text.find("rate ="), 6, "raet =");
  text.replace(text.find("\"dummy\""), 7, "\"dumy\"");
  text.replace(text.find("to = \"actuator\""), 15, "to = \"actuatr\"");
  const auto r = read_text(text);
  const auto all = to_string(r.errors);
  BOOST_TEST_CONTEXT(all) {
    BOOST_REQUIRE_EQUAL(r.errors.size(), 5u);
    const std::uint32_t lines[] = {2, 7, 10, 14, 25};
    for (std::size_t i = 0; i < 5; ++i)
      BOOST_TEST(r.errors[i].where.line == lines[i]);
    BOOST_TEST(all.find("test.toml:14:9: error: inference.detector.model: there is no model "
                        "\"dumy\"; did you mean \"dummy\"?\n") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_text_that_is_no_toml_is_named_with_its_place) {
  const auto r = read_text(base_with("rate = \"10Hz\"", "rate = \"10Hz"));
  BOOST_REQUIRE_EQUAL(r.errors.size(), 1u);
  BOOST_TEST(r.errors[0].where.line == 10u);
  expect_one(read_text("[scenario]\nseed = 1\nseed = 2\n"), 3, 8, "seed");
}

BOOST_AUTO_TEST_CASE(hundreds_of_mistakes_are_counted_and_cut) {
  std::string text(base_text);
  for (int i = 0; i < 5000; ++i)
    text += "wrong" + std::to_string(i) + " = 1\n";
  const auto r = read_text(text);
  BOOST_TEST(r.errors.size() == mistakes::most_shown + 1);
  BOOST_TEST(r.errors.back().message == "and 4900 more mistakes");
}

BOOST_AUTO_TEST_CASE(the_name_comes_from_the_file) {
  const auto name = [](const std::string& file) {
    return read_scenario_text(base_text, file, ".", {}, catalogue::builtin()).scenario.name;
  };
  BOOST_TEST(name("a/b/people.toml") == "people");
  BOOST_TEST(name("My Robot 2.toml") == "my-robot-2");
  BOOST_TEST(name("2026_first.toml") == "first");
  BOOST_TEST(name("123.toml") == "scenario");
  BOOST_TEST(name("") == "scenario");
}

BOOST_AUTO_TEST_CASE(a_file_is_read_and_its_folder_is_where_paths_begin) {
  const temp_folder folder;
  std::ofstream(folder / "cascade.xml") << "<xml/>";
  std::ofstream(folder / "my.toml") << base_with("\"dummy\"", "\"haar\"\npath = \"cascade.xml\"");
  const auto r = read_scenario_file(folder / "my.toml", {}, catalogue::builtin());
  BOOST_REQUIRE_MESSAGE(r.ok(), to_string(r.errors));
  BOOST_TEST(r.scenario.name == "my");
  BOOST_TEST(r.scenario.file == folder / "my.toml");
  BOOST_TEST(r.scenario.directory == folder.path().string());
  BOOST_TEST(r.scenario.inference[0].settings.get<std::string>("path") == "cascade.xml");
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_one_mistake_with_its_name) {
  const auto r = read_scenario_file("no/such.toml", {}, catalogue::builtin());
  BOOST_REQUIRE_EQUAL(r.errors.size(), 1u);
  BOOST_TEST(to_string(r.errors[0]) == "no/such.toml: error: there is no such file");
}

BOOST_AUTO_TEST_CASE(a_model_of_a_plugin_is_read_like_a_built_in_one) {
  auto known = catalogue::builtin();
  const auto added =
      known.add({plugin_kind::model,
                 "lane-finder",
                 "lanes",
                 "finds lanes",
                 {{.name = "horizon", .kind = option_kind::percent, .required = true}}});
  BOOST_REQUIRE(added.ok());
  const auto text = base_with("\"dummy\"", "\"lane-finder\"\nhorizon = \"40%\"");
  const auto r = read_scenario_text(text, "test.toml", ".", {}, known);
  BOOST_REQUIRE_MESSAGE(r.ok(), to_string(r.errors));
  BOOST_TEST(r.scenario.inference[0].settings.get<double>("horizon") == 0.4);
}

BOOST_AUTO_TEST_CASE(a_node_does_not_look_for_files_of_the_others) {
  const temp_folder folder;
  const auto text = base_with("\"dummy\"", "\"haar\"\npath = \"cascade.xml\"");
  const auto read = [&](const reading_options& how) {
    return read_scenario_text(text, "test.toml", folder.path().string(), {}, catalogue::builtin(),
                              how);
  };
  expect_one(read({}), 15, 8, "there is no file \"cascade.xml\"");
  BOOST_TEST(read({.look_for_files = false}).ok());
}

BOOST_AUTO_TEST_CASE(places_can_be_asked_for_later) {
  const auto r = read_text(base_text);
  BOOST_TEST(r.places.find("sensors.camera.rate").where.line == 10u);
  BOOST_TEST(r.places.find("sensors.camera.count").where.line == 7u); // a default: its table
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "runtime/config/overrides.hpp"
#include "tests/runtime/config/base_scenario.hpp"

using namespace peernet;
using namespace std::chrono_literals;

namespace {

/// Checks that one override is refused, with a message that names it.
void expect_refused(const std::string& override_text, std::string_view fragment) {
  const auto r = read_text(base_text, {override_text});
  const auto all = to_string(r.errors);
  const auto key = "--set " + override_text.substr(0, override_text.find('='));
  BOOST_TEST_CONTEXT(all) {
    BOOST_REQUIRE_EQUAL(r.errors.size(), 1u);
    BOOST_TEST(r.errors[0].file == key);
    BOOST_TEST(r.errors[0].where.line == 0u);
    BOOST_TEST(all.starts_with(key + ": error: "));
    BOOST_TEST(all.find(fragment) != std::string::npos, "no \"" << fragment << "\" in it");
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(overrides_test)

BOOST_AUTO_TEST_CASE(a_value_is_read_as_toml_else_as_a_bare_text) {
  const auto s = read_right(base_text, {"links.uplink.transport=caf", "sensors.camera.rate=5Hz",
                                        "scenario.seed=7", "sensors.camera.width=320",
                                        "scenario.warmup=\"1s\"", "scenario.description=a = b"});
  BOOST_TEST(s.links[0].transport == "caf");
  BOOST_TEST(s.sensors[0].rate_hz == 5);
  BOOST_TEST((s.sensors[0].max_lag == 200ms)); // a default follows what it is made of
  BOOST_TEST(s.seed == 7u);
  BOOST_TEST(s.sensors[0].settings.get<std::int64_t>("width") == 320);
  BOOST_TEST((s.warmup == 1s));
  BOOST_TEST(s.description == "a = b");
}

BOOST_AUTO_TEST_CASE(the_last_override_of_a_key_counts) {
  BOOST_TEST(read_right(base_text, {"scenario.seed=7", "scenario.seed=8"}).seed == 8u);
}

BOOST_AUTO_TEST_CASE(keys_are_set_inside_inline_tables_and_short_forms) {
  const auto text = base_with("to = \"detector\"",
                              "to = \"detector\"\ncodec = { type = \"jpeg\", quality = 80 }");
  const auto quality = [](const scenario& s) {
    return s.links[0].codecs.at(0).settings.get<std::int64_t>("quality");
  };
  BOOST_TEST(quality(read_right(text, {"links.uplink.codec.quality=50"})) == 50);
  const auto bare = base_with("to = \"detector\"", "to = \"detector\"\ncodec = \"jpeg\"");
  BOOST_TEST(quality(read_right(bare, {"links.uplink.codec.quality=50"})) == 50);
  BOOST_TEST(quality(read_right(base_text, {"links.uplink.codec.type=jpeg",
                                            "links.uplink.codec.quality=50"})) == 50);
  BOOST_TEST(read_right(text, {"links.uplink.codec=png"}).links[0].codecs.at(0).type == "png");
  BOOST_TEST(read_right(base_text, {"sinks.actuator.queue.size=3"}).sinks[0].queue.size == 3u);
}

BOOST_AUTO_TEST_CASE(a_list_of_codecs_is_set_as_a_whole) {
  const auto text =
      base_with("to = \"detector\"", "to = \"detector\"\ncodec = [\"jpeg\", \"zstd\"]");
  const auto s = read_right(text, {"links.uplink.codec=[\"png\", \"zstd\"]"});
  BOOST_TEST(s.links[0].codecs.at(0).type == "png");
  BOOST_TEST(read_right(text, {"links.uplink.codec=raw"}).links[0].codecs.empty());
  const auto r = read_text(text, {"links.uplink.codec.quality=50"});
  BOOST_REQUIRE_EQUAL(r.errors.size(), 1u);
  BOOST_TEST(r.errors[0].message.find("set the whole of it, for example --set "
                                      "'links.uplink.codec=[{ type") != std::string::npos,
             r.errors[0].message);
}

BOOST_AUTO_TEST_CASE(whole_tables_and_new_entries_can_be_set) {
  const auto s = read_right(base_text, {"nodes.edge={}", "inference.detector.node=edge",
                                        "expect.metrics.\"uplink.loss\"=< 1%"});
  BOOST_TEST(s.nodes.size() == 3u);
  BOOST_TEST(s.inference[0].node == "edge");
  BOOST_TEST(s.expectations.at(0).metric == "uplink.loss");
  BOOST_TEST(s.links[0].name == "uplink"); // order is kept
}

BOOST_AUTO_TEST_CASE(duration_and_samples_replace_each_other) {
  const auto s = read_right(base_text, {"scenario.samples=5"});
  BOOST_TEST((s.samples == 5u));
  BOOST_TEST(!s.run_for);
  BOOST_TEST((read_right(base_text, {"scenario.samples=5", "scenario.duration=3s"}).run_for == 3s));
}

BOOST_AUTO_TEST_CASE(mistakes_name_the_override) {
  expect_refused("links.uplink.transport=zmq", "there is no transport \"zmq\"");
  expect_refused("links.uplink.transprt=caf", "did you mean \"transport\"?");
  expect_refused("links.uplnk.transport=caf", "there is no links.uplnk; did you mean \"uplink\"?");
  expect_refused("lnks.uplink.transport=caf", "unknown table [lnks]; did you mean \"links\"?");
  expect_refused("links.uplink.from.x=caf", "nothing can be set inside");
  expect_refused("sensors.camera.rate=5", "the unit is missing");
  expect_refused("inference.detector.node=clod", "did you mean \"cloud\"?");
  expect_refused("links.uplink.codec={ type = \"jpeg\", quality = 0 }", "from 1 to 100");
  expect_refused("links.uplink.codec={ type = \"jpeg\", qality = 5 }", "mean \"quality\"?");
}

BOOST_AUTO_TEST_CASE(what_is_no_override_is_refused_with_an_example) {
  for (const auto* text : {"links.uplink.transport", "=3", "", "a..b=3", "a b=3", "[a]=3", "#=1"})
    expect_refused(text, "write --set KEY=VALUE");
}

BOOST_AUTO_TEST_CASE(a_value_cannot_smuggle_further_keys_in) {
  const auto s = read_right(base_text, {"scenario.description=\"x\"\nseed = 9"});
  BOOST_TEST(s.seed == 1u);
  BOOST_TEST(s.description == "\"x\"\nseed = 9");
}

BOOST_AUTO_TEST_SUITE_END()

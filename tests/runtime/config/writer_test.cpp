// SPDX-License-Identifier: MIT
#include "runtime/config/writer.hpp"
#include "tests/runtime/config/base_scenario.hpp"

using namespace peernet;

BOOST_AUTO_TEST_SUITE(writer_test)

BOOST_AUTO_TEST_CASE(a_written_scenario_reads_back_as_equal) {
  auto text =
      base_with("[nodes.cloud]", "[nodes.desk]\n"
                                 "host = \"desk.lab\"\n"
                                 "on-loss = \"continue\"\n"
                                 "[nodes.arm]\n"
                                 "start = \"join\"\n"
                                 "[nodes.cloud]\n"
                                 "addresses = { lan = \"10.0.0.5\", wifi = \"::1\" }\n"
                                 "test-clock = { offset = \"-1500us\", drift = \"0.1ppm\", "
                                 "step = { at = \"5s\", by = \"1ns\" }, "
                                 "wander = { amplitude = \"50us\", period = \"12345678987ns\" } }");
  text += R"(
codec = "jpeg"
network = ""
pair = false
[sensors.noise]
node = "cloud"
type = "bytes"
size = { min = "1B", max = "3MiB" }
arrival = "closed-loop"
in-flight = 7
count = 2
[sensors.slow]
node = "cloud"
type = "video"
path = "rtsp://camera/\"quoted\"\\stream"
arrival = "poisson"
rate = "0.3Hz"
[inference.net]
node = "robot"
model = "dummy"
infer = "1234567ns"
busy = true
count = 4
queue = { size = 3, policy = "block" }
[sinks.log]
node = "robot"
type = "print"
every = 100
[links.a]
from = "noise"
to = "net"
codec = { type = "png", level = 0 }
psnr = true
[links.b]
from = "net"
to = "log"
force = true
codec = [{ type = "resize", width = 320 }, "jpeg", { type = "zstd", level = 19 }]
[links.c]
from = "slow"
to = "log"
[clock]
interval = "1500us"
max-bound = "1ms"
method = "both"
[expect.metrics]
"camera->actuator.end-to-end" = ["p95 < 250ms", "p50 < 100ms"]
"uplink.loss" = "< 2%"
)";
  const std::vector<std::string> overrides{
      "scenario.seed=9007199254740993", "scenario.description=two\nlines", "scenario.name=written"};
  const auto first = read_text(text, overrides);
  BOOST_REQUIRE_MESSAGE(first.ok(), to_string(first.errors));
  const auto second = read_text(first.resolved);
  BOOST_REQUIRE_MESSAGE(second.ok(), to_string(second.errors) << first.resolved);
  BOOST_TEST((second.scenario == first.scenario), first.resolved);
  BOOST_TEST(second.resolved == first.resolved);
  BOOST_TEST(first.scenario.seed == 9007199254740993u);
}

BOOST_AUTO_TEST_CASE(every_default_is_written_out) {
  const auto r = read_text(base_text);
  BOOST_REQUIRE_MESSAGE(r.ok(), to_string(r.errors));
  for (const auto* line :
       {"name = \"test\"", "drain = \"2s\"", "start = \"child\"", "on-loss = \"stop\"",
        "width = 640", "max-lag = \"100ms\"", "queue = { size = 8, policy = \"drop-oldest\" }",
        "dispatch = \"shared\"", "type = \"discard\"", "transport = \"zmq-tcp\"",
        "interval = \"50ms\"", "method = \"probe\"", "codec = \"raw\"", "psnr = false",
        "output = \"100B\"", "busy = false", "force = false"})
    BOOST_TEST(r.resolved.find(std::string(line) + "\n") != std::string::npos, line
                                                                                   << " is not in\n"
                                                                                   << r.resolved);
}

BOOST_AUTO_TEST_CASE(what_has_no_default_is_not_written) {
  const auto r = read_text(base_text);
  for (const auto* key : {"max-bound", "test-clock", "description", "samples"})
    BOOST_TEST(r.resolved.find(key) == std::string::npos, r.resolved);
  const auto offset = read_text(base_text, {"nodes.cloud.test-clock.offset=1s"});
  BOOST_TEST(offset.resolved.find("test-clock = { offset = \"1s\", drift = \"0ppm\" }\n") !=
                 std::string::npos,
             offset.resolved);
}

BOOST_AUTO_TEST_CASE(overrides_are_part_of_what_is_written) {
  const auto r = read_text(base_text, {"links.uplink.codec.type=jpeg"});
  BOOST_TEST(r.resolved.find("codec = { type = \"jpeg\", quality = 90 }\n") != std::string::npos,
             r.resolved);
}

BOOST_AUTO_TEST_CASE(codecs_are_written_as_short_as_they_can_be_said) {
  const auto written = [](const std::string& codec) {
    const auto r = read_text(base_text, {"links.uplink.codec=" + codec});
    BOOST_REQUIRE_MESSAGE(r.ok(), to_string(r.errors));
    const auto at = r.resolved.find("codec = ") + 8;
    return r.resolved.substr(at, r.resolved.find('\n', at) - at);
  };
  BOOST_TEST(written("[]") == "\"raw\"");
  BOOST_TEST(written("[\"raw\"]") == "\"raw\"");
  BOOST_TEST(written("[\"jpeg\"]") == "{ type = \"jpeg\", quality = 90 }");
  BOOST_TEST(written("[{ type = \"resize\", factor = 0.5 }, \"png\"]") ==
             "[{ type = \"resize\", factor = 0.5 }, { type = \"png\", level = 3 }]");
}

BOOST_AUTO_TEST_SUITE_END()

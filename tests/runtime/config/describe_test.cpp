// SPDX-License-Identifier: MIT
// describe() stands in writer.hpp.
#include "runtime/config/writer.hpp"
#include "tests/runtime/config/base_scenario.hpp"

using namespace peernet;

namespace {

std::string description(std::string_view text, const std::vector<std::string>& overrides = {}) {
  const auto s = read_right(text, overrides);
  return describe(*make_plan(s), s, catalogue::builtin());
}

} // namespace

BOOST_AUTO_TEST_SUITE(describe_test)

BOOST_AUTO_TEST_CASE(the_graph_is_shown_as_it_will_be_built) {
  BOOST_TEST(description(base_text, {"links.uplink.codec=jpeg", "inference.detector.infer=10ms",
                                     "scenario.warmup=1s"}) ==
             R"(scenario test: 10s, warm-up 1s, drain 2s, seed 1
clocks by probe, interval 50ms

nodes
  robot       child
    camera    synthetic-image  periodic 10Hz
    actuator  discard          queue 8 drop-oldest
  cloud       child
    detector  dummy            queue 8 drop-oldest  infer = "10ms"

links
  uplink    camera -> detector    zmq-tcp  jpeg quality 90  queue 8 drop-oldest
  downlink  detector -> actuator  zmq-tcp  raw              queue 8 drop-oldest

paths
  camera->detector->actuator
)");
}

BOOST_AUTO_TEST_CASE(codecs_are_shown_in_the_order_in_which_they_encode) {
  const auto text = description(base_text, {"links.uplink.codec=[{ type = \"resize\", factor = 0.5 "
                                            "}, { type = \"jpeg\", quality = 80 }]",
                                            "links.uplink.psnr=true"});
  BOOST_TEST(text.find("  resize factor 0.5 > jpeg quality 80, psnr measured  ") !=
                 std::string::npos,
             text);
}

BOOST_AUTO_TEST_CASE(local_links_copies_and_workers_are_shown) {
  const auto text =
      description(base_text, {"inference.detector.node=robot", "links.uplink.codec=jpeg",
                              "sensors.camera.count=3", "inference.detector.count=2"});
  for (const auto* part : {"camera x 3", "queue 8 drop-oldest, 2 workers",
                           "uplink x 3  camera -> detector    local "
                           "hand-off\n",
                           "camera->detector->actuator (3 ways, by copies)"})
    BOOST_TEST(text.find(part) != std::string::npos, part << " is not in\n" << text);
  BOOST_TEST(text.find("jpeg") == std::string::npos, text); // nothing is encoded within a node
}

BOOST_AUTO_TEST_CASE(how_clocks_err_and_are_compared_is_shown) {
  const auto text = description(
      base_text, {"clock={ interval = \"10ms\", max-bound = \"1ms\", method = \"both\" }",
                  "nodes.robot.test-clock.offset=3s",
                  "nodes.cloud.test-clock.step={ at = \"5s\", by = \"2ms\" }",
                  "nodes.cloud.test-clock.wander={ amplitude = \"50us\", period = \"10s\" }"});
  for (const auto* part :
       {"\nclocks by both, interval 10ms, bound at most 1ms\n", "  clock off by 3s, 0ppm\n",
        "  clock off by 0s, 0ppm, steps by 2ms at 5s, wanders by 50us in 10s\n"})
    BOOST_TEST(text.find(part) != std::string::npos, part << " is not in\n" << text);
  BOOST_TEST(description(base_text).find("clock off") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(where_nodes_are_and_how_they_are_missed_is_shown) {
  const auto text = description(
      base_text, {"nodes.cloud.host=10.0.0.5", "nodes.cloud.on-loss=continue",
                  "nodes.cloud.addresses={ lan = \"10.0.0.5\", wifi = \"192.168.7.5\" }",
                  "nodes.cloud.test-clock.offset=3s", "nodes.desk={ on-loss = \"continue\" }",
                  "nodes.arm={ start = \"join\" }", "links.uplink.network=wifi"});
  for (const auto* part :
       {"  robot       child\n",
        "  cloud       daemon           at 10.0.0.5:7447, lan 10.0.0.5, wifi 192.168.7.5  the run "
        "goes on without it, clock off by 3s, 0ppm\n",
        "the run goes on without it\n", "  arm         join\n", "  zmq-tcp on wifi  "})
    BOOST_TEST(text.find(part) != std::string::npos, part << " is not in\n" << text);
}

BOOST_AUTO_TEST_CASE(expectations_are_shown_with_their_paths_in_full) {
  const auto text =
      description(std::string(base_text) + "[expect.metrics]\n"
                                           "\"camera->actuator.end-to-end\" = \"p90 < 250ms\"\n"
                                           "\"uplink.loss\" = \"< 1%\"\n",
                  {"inference.detector.node=robot"});
  BOOST_TEST(text.ends_with("\nexpected\n"
                            "  camera->detector->actuator.end-to-end  p90 < 250ms\n"
                            "  uplink.loss                            < 1%         "
                            "not applicable: a local hand-off\n"),
             text);
}

BOOST_AUTO_TEST_SUITE_END()

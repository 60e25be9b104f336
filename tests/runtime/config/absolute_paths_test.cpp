// SPDX-License-Identifier: MIT
#include "runtime/config/absolute_paths.hpp"
#include "tests/runtime/config/base_scenario.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(absolute_paths_test)

BOOST_AUTO_TEST_CASE(paths_can_be_made_independent_of_the_folder) {
  auto s = read_text(base_text).scenario;
  s.directory = "/data/run";
  auto& camera = s.sensors.front();
  camera.type = "image";
  camera.settings = {};
  camera.settings.set("path", std::string("../pictures/a.png"));
  const auto moved = with_absolute_paths(s, catalogue::builtin());
  BOOST_TEST(moved.sensors.front().settings.get<std::string>("path") == "/data/pictures/a.png");
  camera.type = "video"; // what is no file that is there may be a device or an address
  for (const auto* media : {"0", "rtsp://camera/stream", "nowhere.avi"}) {
    camera.settings.set("path", std::string(media));
    const auto same = with_absolute_paths(s, catalogue::builtin());
    BOOST_TEST(same.sensors.front().settings.get<std::string>("path") == media);
  }
}

BOOST_AUTO_TEST_SUITE_END()

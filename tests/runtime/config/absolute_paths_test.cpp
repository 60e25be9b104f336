// SPDX-License-Identifier: MIT
#include "runtime/config/absolute_paths.hpp"
#include "tests/runtime/config/base_scenario.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>

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
  const temp_folder folder; // a device's number stays one beside a file of that name
  std::ofstream(folder / "0") << "";
  std::ofstream(folder / "a.avi") << "";
  s.directory = folder.path().string();
  for (const auto& [written, meant] :
       {std::pair<std::string, std::string>{"0", "0"}, {"a.avi", folder / "a.avi"}}) {
    camera.settings.set("path", written);
    const auto made = with_absolute_paths(s, catalogue::builtin());
    BOOST_TEST(made.sensors.front().settings.get<std::string>("path") == meant);
  }
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "runtime/config/validate.hpp"
#include "tests/runtime/config/base_scenario.hpp"
#include "tests/runtime/config/ordinary_user.hpp"
#include "tests/support/temp_folder.hpp"

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace peernet;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(validate_test)

BOOST_AUTO_TEST_CASE(names_are_lower_case_letters_digits_and_hyphens) {
  expect_one(read_text(base_text, {"scenario.name=My Run"}), 0, 0, "\"My Run\" is no valid name");
  for (const auto* name : {"Edge", "2nd", "\"a b\"", "\"\"", "-x", "a_b", "\"ä\""})
    expect_one(
        read_text(base_with("[nodes.cloud]", "[nodes.cloud]\n[nodes." + std::string(name) + "]")),
        6, 8, "is no valid name; a name begins with a lower-case letter");
  BOOST_TEST(read_text(base_with("[nodes.cloud]", "[nodes.cloud]\n[nodes.a-2-]")).ok());
  expect_one(read_text(base_with("[nodes.cloud]", "[nodes.cloud]\naddresses = { LAN = \"::1\" }")),
             6, 21, "nodes.cloud.addresses.LAN: \"LAN\" is no valid name");
}

BOOST_AUTO_TEST_CASE(stages_and_links_share_one_set_of_names) {
  auto text = std::string(base_text) + "[sinks.camera]\nnode = \"robot\"\n";
  const auto r = read_text(text);
  BOOST_REQUIRE(!r.ok());
  BOOST_TEST(
      to_string(r.errors[0])
          .starts_with("test.toml:26:8: error: sinks.camera: the name is taken by sensors.camera"),
      to_string(r.errors));
  text = std::string(base_text) + "[links.actuator]\nfrom = \"camera\"\nto = \"actuator\"\n";
  expect_one(read_text(text), 26, 8, "the name is taken by sinks.actuator");
  BOOST_TEST(read_text(base_with("[nodes.cloud]", "[nodes.cloud]\n[nodes.camera]")).ok());
}

BOOST_AUTO_TEST_CASE(a_stage_needs_a_node_that_exists) {
  expect_one(read_text(base_with("node = \"cloud\"", "node = \"clod\"")), 13, 8,
             "there is no node \"clod\"; did you mean \"cloud\"?");
  expect_one(read_text(base_with("node = \"cloud\"", "node = \"mars\"")), 13, 8,
             "there is no node \"mars\"; valid are: robot, cloud");
}

BOOST_AUTO_TEST_CASE(the_warm_up_is_shorter_than_the_run) {
  expect_one(read_text(base_with("\"10s\"", "\"10s\"\nwarmup = \"10s\"")), 3, 10,
             "must be shorter, or nothing is left to measure");
  BOOST_TEST(read_text(base_with("\"10s\"", "\"10s\"\nwarmup = \"9999ms\"")).ok());
  expect_one(read_text(base_with("\"10s\"", "\"10s\"\nwarmup = \"-1s\"")), 3, 10, "at least 0s");
}

BOOST_AUTO_TEST_CASE(files_must_be_there_and_messages_name_both_paths) {
  const temp_folder folder;
  const auto text = base_with("\"dummy\"", "\"haar\"\npath = \"faces.xml\"");
  const auto read = [&] { return read_text(text, {}, folder.path().string()); };
  expect_one(read(), 15, 8,
             "there is no file \"faces.xml\" (looked for at " + (folder / "faces.xml") + ")");
  std::filesystem::create_directory(folder / "faces.xml");
  expect_one(read(), 15, 8, "is a folder, not a file");
  std::filesystem::remove(folder / "faces.xml");
  std::ofstream(folder / "faces.xml") << "<xml/>";
  BOOST_TEST(read().ok());
  BOOST_REQUIRE_EQUAL(::chmod(folder.path().c_str(), 0711), 0);
  BOOST_REQUIRE_EQUAL(::chmod((folder / "faces.xml").c_str(), 0), 0);
  const ordinary_user user;
  expect_one(read(), 15, 8, "may not be read by this user");
}

BOOST_AUTO_TEST_CASE(files_of_other_machines_are_not_looked_for) {
  const temp_folder folder;
  const auto text = base_with("\"dummy\"", "\"haar\"\npath = \"faces.xml\"");
  for (const auto* elsewhere : {"nodes.cloud.host=10.0.0.5", "nodes.cloud.start=join"})
    BOOST_TEST(read_text(text, {elsewhere}, folder.path().string()).ok(), elsewhere);
}

BOOST_AUTO_TEST_CASE(external_stages_are_on_nodes_that_join) {
  const auto text = base_with("type = \"synthetic-image\"", "type = \"external\"");
  expect_one(read_text(text), 9, 8, "give node \"robot\" start = \"join\"");
  BOOST_TEST(read_text(text, {"nodes.robot.start=join"}).ok());
}

BOOST_AUTO_TEST_CASE(folders_must_be_folders) {
  const temp_folder folder;
  const auto text = base_with("\"synthetic-image\"", "\"images\"\npath = \"frames\"");
  const auto read = [&] { return read_text(text, {}, folder.path().string()); };
  expect_one(read(), 10, 8, "there is no folder \"frames\"");
  std::ofstream(folder / "frames") << "";
  expect_one(read(), 10, 8, "is no folder");
  std::filesystem::remove(folder / "frames");
  std::filesystem::create_directory(folder / "frames");
  BOOST_TEST(read().ok());
}

BOOST_AUTO_TEST_CASE(a_video_is_a_file_a_device_a_number_or_a_url) {
  const auto with = [](const std::string& path) {
    return read_text(base_with("\"synthetic-image\"", "\"video\"\npath = " + path));
  };
  BOOST_TEST(with("0").ok());
  BOOST_TEST(with("\"0\"").ok());
  BOOST_TEST(with("\"rtsp://10.0.0.7/stream\"").ok());
  BOOST_TEST(with("\"frame-%03d.png\"").ok());
  BOOST_TEST(with("\"/dev/null\"").ok());
  expect_one(with("\"no-such.avi\""), 10, 8, "there is no file \"no-such.avi\"");
  expect_one(with("\"/dev/video-none\""), 10, 8, "there is no file \"/dev/video-none\"");
}

BOOST_AUTO_TEST_CASE(frames_come_from_a_sensor_on_the_same_node) {
  const auto with = [](const std::string& frames) {
    return base_with("[sinks.actuator]",
                     "[sinks.actuator]\ntype = \"save-images\"\nframes = \"" + frames + "\"");
  };
  BOOST_TEST(read_text(with("camera")).ok());
  expect_one(read_text(with("camra")), 18, 10, "there is no sensor \"camra\"; did you mean");
  expect_one(read_text(with("detector")), 18, 10, "there is no sensor \"detector\"");
  expect_one(read_text(with("camera"), {"sinks.actuator.node=cloud"}), 18, 10,
             "\"camera\" is on node \"robot\"");
}

BOOST_AUTO_TEST_CASE(what_would_eat_the_machine_is_refused) {
  const auto bytes = base_with("type = \"synthetic-image\"", "type = \"bytes\"\nsize = \"1B\"");
  BOOST_TEST(read_text(bytes, {"sensors.camera.count=1000"}).ok());
  const auto r =
      read_text(bytes, {"sensors.camera.count=1000", "sinks.actuator.count=1000",
                        "inference.detector.count=1000", "inference.detector.dispatch=all"});
  expect_one(r, 20, 8, "links.uplink: this makes more than 20000 connections");
}

BOOST_AUTO_TEST_CASE(codecs_and_transports_stay_unused_on_local_links_without_complaint) {
  BOOST_TEST(read_text(base_text, {"links.uplink.codec=jpeg", "links.uplink.transport=zmq-ipc",
                                   "inference.detector.node=robot"})
                 .ok());
}

BOOST_AUTO_TEST_CASE(a_wander_is_not_steeper_than_kernels_steer) {
  const auto with = [](const std::string& amplitude, const std::string& period) {
    return read_text(
        base_with("[nodes.cloud]", "[nodes.cloud]\ntest-clock = { wander = { amplitude "
                                   "= \"" +
                                       amplitude + "\", period = \"" + period + "\" } }"));
  };
  BOOST_TEST(with("795ns", "10ms").ok()); // 2π × 795 ns / 10 ms = 499.5 ppm
  expect_one(with("796ns", "10ms"), 6, 16,
             "nodes.cloud.test-clock.wander: is too steep: 2π × amplitude / period must be below "
             "500 ppm");
  BOOST_TEST(with("6s", "24h").ok());
  BOOST_TEST(!with("7s", "24h").ok());
  BOOST_TEST(with("0s", "10ms").ok());
}

BOOST_AUTO_TEST_CASE(a_scenario_made_in_code_is_checked_too) {
  auto s = read_right(base_text);
  BOOST_TEST(validate(s, catalogue::builtin()).empty());
  auto still = s;
  still.nodes[1].test_clock.wander = {0s, 0s};
  BOOST_TEST(validate(still, catalogue::builtin()).size() == 1u);
  s.links[0].to = "nowhere";
  const auto errors = validate(s, catalogue::builtin());
  BOOST_REQUIRE(!errors.empty());
  BOOST_TEST(errors[0].where.line == 0u);
  BOOST_TEST(errors[0].file == "test.toml");
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// Every kind of obstacle has a remedy that a user can do, and none is taken from an error's words:
// they are nonsense here.
#include "actors/remedies.hpp"
#include "tests/actors/examined.hpp"
#include "tests/support/temp_folder.hpp"

#include <filesystem>
#include <fstream>

using namespace peernet;

namespace {

struct fixture : examined {
  finding of(const obstacle& o) {
    auto f = explain(o, e);
    check_remedies({f});
    BOOST_TEST((f.how == finding::grade::bad));
    return f;
  }
  /// Something is wrong with the cloud's machine, or on the way there.
  finding of_cloud(errc kind) {
    return of({cloud, {"", {kind, "node cloud (there): abracadabra"}}});
  }
  finding of_key(const std::string& key, errc kind, node_id node) {
    return of({node, {key, {kind, "abracadabra"}}});
  }
};

void check_holds(const std::string& text, const std::vector<std::string>& parts) {
  for (const auto& p : parts)
    BOOST_TEST(text.find(p) != std::string::npos, p << " is not in: " << text);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(remedies_test, fixture)

BOOST_AUTO_TEST_CASE(each_kind_of_trouble_on_the_way_to_a_machine_has_its_own_remedy) {
  e.machines.clear(); // it was not reached
  const struct {
    errc kind;
    exit_code code;
    std::vector<std::string> remedy;
  } table[] = {
      {errc::not_found, exit_code::bad_scenario, {"lab.toml:5:8", "IP address"}},
      {errc::absent, exit_code::node_lost, {"start `peernet-node --listen 10.0.0.5` there"}},
      {errc::timeout, exit_code::node_lost, {"`ping 10.0.0.5`", "TCP port 7447", "firewall"}},
      {errc::untrusted,
       exit_code::node_lost,
       {"`peernet-node --invite` there", "`peernet-node --pair 10.0.0.5 TOKEN`"}},
      {errc::unencrypted, exit_code::node_lost, {"without --insecure, or give it here"}},
      {errc::other_version, exit_code::node_lost, {"the same version"}},
      {errc::closed, exit_code::node_lost, {"log there"}},
      {errc::refused, exit_code::node_lost, {"log there"}},
      {errc::corrupt, exit_code::node_lost, {"log there"}},
      {errc::node_lost, exit_code::node_lost, {"log there"}},
      {errc::internal, exit_code::internal_error, {"log there"}},
      {errc::io, exit_code::internal_error, {"log there"}},
  };
  std::set<std::string> different;
  for (const auto& t : table) {
    const auto f = of_cloud(t.kind);
    BOOST_TEST(f.about == "node cloud");
    BOOST_TEST((f.code == t.code), static_cast<int>(t.kind));
    check_holds(f.remedy, t.remedy);
    different.insert(f.remedy);
  }
  BOOST_TEST(different.size() == 7u);
  BOOST_TEST(of_cloud(errc::timeout).what == "abracadabra"); // without what `about` says
  BOOST_TEST(of_cloud(errc::absent).what == "nobody listens at 10.0.0.5:7447");
}

BOOST_AUTO_TEST_CASE(insecure_on_one_side_says_on_which) {
  access.insecure = true;
  check_holds(of_cloud(errc::unencrypted).remedy, {"leave --insecure out here"});
}

BOOST_AUTO_TEST_CASE(a_daemon_with_a_name_listens_at_an_address) {
  what.scenario.nodes[cloud].host = "gpu-box.lab:7448";
  check_holds(of_cloud(errc::absent).remedy, {"`peernet-node --listen ADDRESS:7448`"});
}

BOOST_AUTO_TEST_CASE(who_did_not_join_is_told_how_to) {
  what.scenario.nodes[cloud].start = node_start::join;
  access.listen = "10.0.0.1:7500";
  check_holds(
      of_cloud(errc::timeout).remedy,
      {"`peernet-run lab.toml --node cloud --coordinator 10.0.0.1:7500`", "--join-timeout"});
  check_holds(of_cloud(errc::untrusted).remedy, {"pair the two machines, then join again"});
}

BOOST_AUTO_TEST_CASE(ports_that_are_all_taken_are_those_of_that_machine) {
  e.machines.at(cloud).facts.ports = "7500-7501";
  auto f = of_cloud(errc::busy);
  BOOST_TEST(f.what == "no port of 7500-7501 is free");
  check_holds(f.remedy, {"peernet-node on gpu-box (10.0.0.5)", "--ports 7500-7501", "ss -tulnp"});
  f = of_key("links.up", errc::busy, cloud);
  BOOST_TEST(f.what == "node cloud on gpu-box (10.0.0.5): no port of 7500-7501 is free");
  check_holds(f.remedy, {"peernet-node on gpu-box"});
  access.ports = {7600, 7601};
  f = of_key("links.here", errc::busy, robot);
  BOOST_TEST(f.what == "node robot on this machine: no port of 7600-7601 is free");
  check_holds(f.remedy, {"peernet-run on this machine", "--ports 7600-7601"});
  check_holds(of({robot, {"", {errc::busy, "abracadabra"}}}).remedy, {"peernet-run"});
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_here_is_put_here_wherever_it_is_for) {
  auto f = of_key("inference.detector.path", errc::unreadable, cloud);
  BOOST_TEST(f.about == "inference.detector.path");
  BOOST_TEST(f.what == "there is no file /no/such/folder/cascade.xml, which would be shipped to "
                       "gpu-box (10.0.0.5)");
  BOOST_TEST(f.remedy == "put it there, or change it at lab.toml:20:8");
  BOOST_TEST((f.code == exit_code::bad_scenario));
  what.scenario.inference[0].node = "robot";
  f = of_key("inference.detector.path", errc::not_found, robot);
  BOOST_TEST(f.what == "there is no file /no/such/folder/cascade.xml");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_here_and_no_good_is_replaced) {
  const temp_folder folder;
  std::ofstream(folder / "cascade.xml") << "nonsense";
  what.scenario.directory = folder.path();
  const auto f = of_key("inference.detector.path", errc::unreadable, cloud);
  BOOST_TEST(f.what == "node cloud on gpu-box (10.0.0.5): abracadabra");
  BOOST_TEST(f.remedy == "put a right one in its place, or change it at lab.toml:20:8");
}

BOOST_AUTO_TEST_CASE(a_device_is_plugged_in_and_a_stream_looked_at_where_they_are_wanted) {
  auto f = of_key("sensors.camera.path", errc::unreadable, robot);
  BOOST_TEST(f.what == "node robot on this machine: abracadabra");
  check_holds(f.remedy, {"plug the camera in here", "`ls -l /dev/video*`", "lab.toml:10:8"});
  what.scenario.sensors[0].settings.set("path", std::string("0")); // a device's number
  check_holds(of_key("sensors.camera.path", errc::unreadable, robot).remedy, {"plug the camera"});
  f = of_key("sensors.stream.path", errc::unreadable, cloud);
  check_holds(f.remedy,
              {"rtsp://10.0.0.9/x", "on gpu-box (10.0.0.5)", "`ffprobe`", "lab.toml:15:8"});
}

BOOST_AUTO_TEST_CASE(a_plugin_that_a_machine_lacks_is_installed_there) {
  e.machines.at(cloud).facts.plugins = {"detect"};
  check_holds(of_key("sensors.stream", errc::not_found, cloud).remedy,
              {"install PeerNet's plugin peernet-video.so on gpu-box (10.0.0.5)"});
  check_holds(of_key("links.up.codec", errc::not_found, cloud).remedy,
              {"install PeerNet's plugin peernet-image-codecs.so on gpu-box"});
  e.own.plugins.clear();
  check_holds(of_key("links.up.codec", errc::not_found, robot).remedy, {"image-codecs.so here"});
  // One that it has fails for another reason.
  BOOST_TEST(of_key("inference.detector", errc::unsupported, cloud).remedy ==
             "change it at lab.toml:17:12");
}

BOOST_AUTO_TEST_CASE(a_folder_to_write_to_is_made_one) {
  what.scenario.sinks[0].settings.set("path", std::string("/srv/pictures"));
  check_holds(of_key("sinks.near.path", errc::bad_scenario, robot).remedy,
              {"make the folder one that this user may write to", "lab.toml:"});
}

BOOST_AUTO_TEST_CASE(what_is_of_no_key_that_is_known_leads_to_its_place) {
  BOOST_TEST(of({std::nullopt, {"links.up.transport", {errc::bad_scenario, "is wrong"}}}).remedy ==
             "change it at lab.toml:26:8");
  BOOST_TEST(of_key("nodes.cloud.addresses.wifi", errc::not_found, cloud).remedy ==
             "change it at lab.toml:6:22");
}

BOOST_AUTO_TEST_CASE(what_nobody_foresaw_has_a_remedy_too) {
  for (int kind = static_cast<int>(errc::internal); kind <= static_cast<int>(errc::busy); ++kind) {
    of({std::nullopt, {"", {static_cast<errc>(kind), "abracadabra"}}});
    of({robot, {"", {static_cast<errc>(kind), "abracadabra"}}});
    of({cloud, {"", {static_cast<errc>(kind), "abracadabra"}}});
    of({cloud, {"sensors.nothing.at-all", {static_cast<errc>(kind), "abracadabra"}}});
  }
}

BOOST_AUTO_TEST_CASE(a_key_given_by_hand_is_named_by_its_option) {
  const std::vector<std::string> overrides{"nodes.cloud.host=10.0.0.7"};
  const auto read = read_scenario_text(examined_toml, "lab.toml", ".", overrides,
                                       catalogue::builtin(), {.look_for_files = false});
  BOOST_TEST(place_of(read, "nodes.cloud.host") == "--set nodes.cloud.host");
  BOOST_TEST(place_of(read, "sensors.camera.path") == "lab.toml:10:8");
}

BOOST_AUTO_TEST_SUITE_END()

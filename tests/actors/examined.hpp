// SPDX-License-Identifier: MIT
// An examination in which all is well, for tests to break in one spot.
#pragma once

#include "actors/doctor.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace peernet {

/// A robot that runs here, with a camera; a machine "gpu-box" that searches what it sees, with a
/// camera of its own; a link within the robot.
inline constexpr std::string_view examined_toml = R"([scenario]
duration = "1s"
[nodes.robot]
[nodes.cloud]
host = "10.0.0.5"
addresses = { wifi = "192.168.7.5" }
[sensors.camera]
node = "robot"
type = "video"
path = "/dev/video0"
rate = "10Hz"
[sensors.stream]
node = "cloud"
type = "video"
path = "rtsp://10.0.0.9/x"
rate = "10Hz"
[inference.detector]
node = "cloud"
model = "haar"
path = "cascade.xml"
[sinks.near]
node = "robot"
type = "save-images"
[sinks.far]
node = "cloud"
[links.up]
from = "camera"
to = "detector"
codec = "jpeg"
network = "wifi"
[links.here]
from = "camera"
to = "near"
[links.there]
from = "stream"
to = "far"
[links.stays]
from = "detector"
to = "far"
)";

struct examined {
  static constexpr node_id robot = 0, cloud = 1;

  explicit examined(std::string_view toml = examined_toml)
      : what(read_scenario_text(toml, "lab.toml", "/no/such/folder", {}, catalogue::builtin(),
                                {.look_for_files = false})) {
    BOOST_REQUIRE_MESSAGE(what.ok(), to_string(what.errors));
    whole = *make_plan(what.scenario);
    access.self = *identity::make("laptop");
    machine_facts m;
    m.host = "gpu-box";
    m.version = "1.2.3";
    m.cores = 8;
    m.governor = "performance";
    m.most_receive_buffer = m.most_send_buffer = 8'000'000;
    m.most_shipped = 4'000'000'000;
    m.networks = {{"eth0", "10.0.0.5", 1500}, {"wlan0", "192.168.7.5", 1500}};
    m.plugins = {"detect", "image-codecs", "images", "video"};
    e.own = m;
    e.own.host = "desk";
    e.machines = {
        {cloud, {.facts = m, .who = "10.0.0.5:7447", .at = {"10.0.0.5", 7447}, .path_mtu = 1500}}};
    auto& r = e.rehearsed.emplace();
    r.nodes.resize(2);
    r.clocks = {0, 1};
    r.by_udp = {true, true};
    r.endpoints.ends = {{.link = place("up"),
                         .instance = 2,
                         .node = cloud,
                         .network = "wifi",
                         .address = "192.168.7.5",
                         .port = 7500}};
    probe(coordinator_node, cloud, "");
    probe(robot, cloud, "wifi");
    probe(coordinator_node, robot, "");
  }

  [[nodiscard]] place_id place(std::string_view name) const {
    return static_cast<place_id>(std::ranges::find(whole.places, name, &plan_place::name) -
                                 whole.places.begin());
  }

  /// 100 exchanges with the cloud's clock, 3 s ahead, or with the robot's, which is ours: 200 µs
  /// there and back.
  void probe(node_id asker, node_id answerer, const std::string& network) {
    const std::int64_t ahead = answerer == cloud ? 3'000'000'000 : 0;
    for (std::int64_t i = 0; i < 100; ++i) {
      const auto t = 1'000'000'000 + i * 2'000'000;
      e.rehearsed->learnt.probes.push_back({.local = 0,
                                            .remote = static_cast<clock_id>(ahead > 0),
                                            .asker = asker,
                                            .answerer = answerer,
                                            .t1 = t,
                                            .t2 = t + ahead + 100'000,
                                            .t3 = t + ahead + 101'000,
                                            .t4 = t + 201'000,
                                            .phase = probe_phase::before,
                                            .network = network,
                                            .method = std::string(by_udp)});
    }
  }

  reading what;
  plan whole;
  remote_access access;
  examination e{.what = what,
                .whole = whole,
                .access = access,
                .own = {},
                .machines = {},
                .to_ship = {},
                .obstacles = {},
                .missing = {},
                .absent = {},
                .rehearsed = {}};
};

/// All that is not good has a remedy, and only that; nobody reads one twice.
inline void check_remedies(const std::vector<finding>& all) {
  using grade = finding::grade;
  for (const auto& f : all) {
    BOOST_TEST((f.how == grade::look || f.how == grade::bad) == !f.remedy.empty(),
               f.about << ": " << f.what);
    BOOST_TEST((f.how == grade::bad) == (f.code != exit_code::passed), f.about << ": " << f.what);
    BOOST_TEST(!f.what.empty());
  }
}

} // namespace peernet

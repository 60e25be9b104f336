// SPDX-License-Identifier: MIT
// What the doctor makes of an examination. That it finds out the truth is tests/system' business.
#include "tests/actors/examined.hpp"

using namespace peernet;

namespace {

using grade = finding::grade;

struct fixture : examined {
  std::vector<finding> look() {
    auto all = findings_of(e);
    check_remedies(all);
    return all;
  }

  /// "about: what → remedy" of all of this grade, a line each.
  std::string look(grade how) {
    std::string text;
    for (const auto& f : look())
      if (f.how == how)
        text += f.about + ": " + f.what + (f.remedy.empty() ? "" : " → " + f.remedy) + "\n";
    return text;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(doctor_test, fixture)

BOOST_AUTO_TEST_CASE(a_run_that_will_go_well_has_nothing_to_mend) {
  for (const auto& f : look())
    BOOST_TEST((f.how == grade::good), f.about << ": " << f.what);
  const auto good = look(grade::good);
  for (const auto* line :
       {"this machine: desk, PeerNet 1.2.3, 8 cores, CPU governor performance, socket buffers up "
        "to 8.00 MB\n",
        "node cloud: gpu-box, PeerNet 1.2.3, 8 cores, CPU governor performance, socket buffers up "
        "to 8.00 MB, MTU 1500\n",
        "link up: zmq-tcp reaches 192.168.7.5:7500\n", "link here: stays within node robot\n",
        "clocks: cloud and robot on wifi: 3.00 s apart ± ",
        "clocks: cloud and this machine: 3.00 s"})
    BOOST_TEST(good.find(line) != std::string::npos, line << " is not in\n" << good);
  BOOST_TEST(good.find("robot and this machine") == std::string::npos, good); // of one machine
}

BOOST_AUTO_TEST_CASE(what_disturbs_figures_is_worth_a_look) {
  auto& m = e.machines.at(cloud);
  m.facts.governor = "powersave";
  m.facts.most_receive_buffer = 212'992;
  m.path_mtu = 1280;
  m.facts.networks[1].mtu = 1400;
  for (auto& p : e.rehearsed->learnt.probes)
    p.t4 += p.network == "wifi" ? 10'000'000 : 0;
  const auto all = look(grade::look);
  for (const auto* text :
       {"node cloud: CPU governor powersave: ",
        "→ `cpupower frequency-set -g performance` on "
        "gpu-box (10.0.0.5)\n",
        "node cloud: socket buffers of up to 213 kB for receiving, 8.00 MB for sending: ",
        "→ `sysctl -w net.core.rmem_max=4194304 net.core.wmem_max=4194304` on gpu-box",
        "node cloud: MTU 1280 on the way there: ", "node cloud: MTU 1400 on wifi: ",
        "cloud and robot on wifi: 3.00 s apart ± 5.10 ms, round trip 10.2 ms: too wide"})
    BOOST_TEST(all.find(text) != std::string::npos, text << " is not in\n" << all);
  BOOST_TEST(look(grade::bad) == "");
}

BOOST_AUTO_TEST_CASE(what_the_system_does_not_show_is_not_judged) {
  for (auto* m : {&e.own, &e.machines.at(cloud).facts}) {
    m->governor.clear();
    m->most_receive_buffer = m->most_send_buffer = 0;
  }
  e.machines.at(cloud).path_mtu = 0;
  for (const auto& f : look())
    BOOST_TEST((f.how == grade::good), f.about << ": " << f.what);
  BOOST_TEST(look(grade::good).find("this machine: desk, PeerNet 1.2.3, 8 cores\n") == 0u);
}

BOOST_AUTO_TEST_CASE(datagrams_that_do_not_pass_are_told_once_and_with_the_ports_to_open) {
  e.rehearsed->by_udp[cloud] = false;
  e.rehearsed->learnt.probes.clear();
  BOOST_TEST(look(grade::look) ==
             "clocks: no clock probes (UDP) pass between this machine and node cloud: its clock is "
             "compared over the control connection, less closely → give peernet-node on gpu-box "
             "(10.0.0.5) --ports 7500-7599, and let these UDP ports through its firewall\n");
  e.rehearsed->by_udp[cloud] = true;
  probe(coordinator_node, cloud, "");
  e.machines.at(cloud).facts.ports = "7600-7609";
  BOOST_TEST(look(grade::look) ==
             "clocks: no clock probes (UDP) pass between nodes robot and cloud on wifi: their "
             "clocks are compared over this machine, less closely → let UDP ports 7600-7609 "
             "through the firewall of gpu-box (10.0.0.5)\n");
}

BOOST_AUTO_TEST_CASE(a_link_that_does_not_reach_its_end_is_to_mend) {
  e.rehearsed->unlinked = {"up"};
  BOOST_TEST(look(grade::bad) ==
             "link up: zmq-tcp from this machine does not reach 192.168.7.5:7500 → give "
             "peernet-node on gpu-box (10.0.0.5) --ports 7500-7599, and let these TCP ports "
             "through its firewall\n");
  e.machines.at(cloud).facts.ports = "7500-7509";
  BOOST_TEST(look(grade::bad)
                 .find("→ let TCP ports 7500-7509 through the firewall of gpu-box "
                       "(10.0.0.5)\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(why_a_link_does_not_reach_its_end_is_told_where_its_channel_knows) {
  e.rehearsed->unlinked = {"up (datagrams of 1400 bytes are not answered)"};
  BOOST_TEST(look(grade::bad)
                 .find("does not reach 192.168.7.5:7500 (datagrams of 1400 bytes are "
                       "not answered) →") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(links_over_caf_go_through_one_door_whichever_way) {
  examined other(R"([scenario]
duration = "1s"
[nodes.robot]
[nodes.cloud]
host = "10.0.0.5"
[sensors.probe]
node = "robot"
type = "bytes"
size = "1kB"
rate = "10Hz"
[inference.mirror]
node = "cloud"
model = "echo"
[sinks.back]
node = "robot"
[links.up]
from = "probe"
to = "mirror"
transport = "caf"
[links.down]
from = "mirror"
to = "back"
transport = "caf"
)");
  auto& r = *other.e.rehearsed;
  r.endpoints.ends.clear();
  r.endpoints.doors = {{cloud, "", "10.0.0.5", 7501}};
  const auto about = [&](const std::string& name) {
    const auto all = findings_of(other.e);
    check_remedies(all);
    const auto found = std::ranges::find(all, "link " + name, &finding::about);
    BOOST_REQUIRE(found != all.end());
    return *found;
  };
  BOOST_TEST(about("down").what == "caf reaches 10.0.0.5:7501");
  r.unlinked = {"up", "down"};
  for (const auto* name : {"up", "down"}) {
    BOOST_TEST(about(name).what == "caf from this machine does not reach 10.0.0.5:7501");
    BOOST_TEST(about(name).remedy.find("gpu-box") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(data_for_this_machine_come_in_at_ports_of_peernet_run) {
  const auto text = std::string(examined_toml);
  examined other(text + "[sinks.home]\nnode = \"robot\"\n[links.down]\nfrom = \"stream\"\n"
                        "to = \"home\"\n");
  other.e.rehearsed->unlinked = {"down"};
  other.e.rehearsed->endpoints.ends.push_back(
      {.link = other.place("down"), .node = robot, .address = "10.0.0.1", .port = 4444});
  const auto all = findings_of(other.e);
  const auto down = std::ranges::find(all, "link down", &finding::about);
  BOOST_REQUIRE(down != all.end());
  BOOST_TEST(down->what == "zmq-tcp from gpu-box (10.0.0.5) does not reach 10.0.0.1:4444");
  BOOST_TEST(down->remedy == "give peernet-run on this machine --ports 7500-7599, and let these "
                             "TCP ports through its firewall");
}

BOOST_AUTO_TEST_CASE(a_busy_machine_is_named_with_its_run) {
  e.machines.at(cloud).facts.busy = "run \"long\" of desk";
  e.absent = {cloud};
  BOOST_TEST(look(grade::bad).find("node cloud: is busy with run \"long\" of desk → wait until") ==
             0u);
}

BOOST_AUTO_TEST_CASE(more_files_than_are_taken_are_shown_as_the_option_takes_them) {
  e.machines.at(cloud).facts.most_shipped = 500'000;
  e.to_ship[cloud] = 500'000;
  BOOST_TEST(look(grade::bad) == "");
  e.to_ship[cloud] = 921'645;
  BOOST_TEST(look(grade::bad) ==
             "node cloud: the scenario's files for it are 922kB, and it takes 500kB → start "
             "peernet-node there with --accept-files 922kB\n");
}

BOOST_AUTO_TEST_CASE(without_an_identity_the_way_to_one_is_shown) {
  access.self.reset();
  e.absent = {cloud};
  e.machines.clear();
  BOOST_TEST(look(grade::bad)
                 .find("identity: this machine has none to show to the others → "
                       "`peernet-node --init` here, once; then pair") == 0u);
  access.why_nobody = "key.pem may be read by others";
  access.kind_of_nobody = errc::refused;
  BOOST_TEST(look(grade::bad).find("identity: key.pem may be read by others → mend that file") ==
             0u);
  access.insecure = true; // who needs one?
  BOOST_TEST(look(grade::bad) == "");
}

BOOST_AUTO_TEST_CASE(who_joins_needs_somebody_who_listens) {
  examined other(R"([scenario]
duration = "1s"
[nodes.robot]
[nodes.arm]
start = "join"
[sensors.probe]
node = "robot"
type = "bytes"
size = "1kB"
rate = "10Hz"
[sinks.back]
node = "arm"
[links.up]
from = "probe"
to = "back"
)");
  other.e.machines.clear();
  other.e.absent = {1};
  const auto count = [&] {
    const auto all = findings_of(other.e);
    check_remedies(all);
    return std::ranges::count(all, grade::bad, &finding::how);
  };
  BOOST_TEST(count() == 1);
  other.access.listen = "10.0.0.1:7448";
  BOOST_TEST(count() == 0);
}

BOOST_AUTO_TEST_CASE(what_was_not_tried_is_said_with_the_reason) {
  e.absent = {cloud};
  BOOST_TEST(look(grade::untried) == "link up: not tried without node cloud\n");
  BOOST_TEST(look(grade::good).find("link here") != std::string::npos);
  BOOST_TEST(look(grade::good).find("clocks") == std::string::npos); // nothing is known of its
  e.absent.clear();
  e.missing.addresses = {{"cloud", "wifi"}};
  BOOST_TEST(look(grade::untried) == "link up: not tried on wifi\n");
  e.missing = {.links = {"up"}};
  BOOST_TEST(look(grade::untried) == "link up: not tried over zmq-tcp\n");
  e.missing = {};
  e.rehearsed.reset();
  BOOST_TEST(look(grade::untried) == "link up: not tried: the nodes did not get so far\n");
}

BOOST_AUTO_TEST_CASE(an_end_that_could_not_be_bound_is_told_once) {
  e.obstacles = {{cloud, {"links.up", {errc::busy, "no port of 7500-7501 is free"}}}};
  e.rehearsed->unlinked = {"up"};
  const auto all = look();
  BOOST_TEST(std::ranges::count(all, grade::bad, &finding::how) == 1);
}

BOOST_AUTO_TEST_CASE(nodes_that_share_a_clock_take_one_line) {
  for (auto& p : e.rehearsed->learnt.probes)
    p.remote = 0;
  const auto good = look(grade::good);
  BOOST_TEST(good.find("clocks: one clock: ") != std::string::npos, good);
  BOOST_TEST(good.find("cloud and robot on wifi (round trip ") != std::string::npos, good);
  BOOST_TEST(good.find("apart") == std::string::npos, good);
}

BOOST_AUTO_TEST_SUITE_END()

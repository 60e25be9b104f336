// SPDX-License-Identifier: MIT
// peernet-run --doctor on several machines, with one thing broken after the other: what it says,
// and that it goes on to look at the rest.
#include "tests/support/machines.hpp"
#include "tests/support/run_scenarios.hpp"
#include "tests/support/run_sockets.hpp"
#include "tests/support/why.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace fs = std::filesystem;
using namespace peernet;
using namespace std::literals;

namespace {

/// A firewall that lets out nothing of this kind, so that it never answers: `what` in the words of
/// `ip rule`.
class firewall {
public:
  firewall(const machine& m, std::vector<std::string> what) : machine_(m), what_(std::move(what)) {
    set("add");
  }
  ~firewall() { set("del"); }
  firewall(const firewall&) = delete;
  firewall& operator=(const firewall&) = delete;

private:
  void set(const std::string& how) const {
    std::vector<std::string> words{"rule", how, "priority", "5"};
    words.insert(words.end(), what_.begin(), what_.end());
    words.emplace_back("blackhole");
    const auto done = run_ip(machine_.inside(), words);
    BOOST_TEST(done.ok(), why(done));
  }
  const machine& machine_;
  const std::vector<std::string> what_;
};

/// What the doctor found, once it has ended.
class diagnosis_of {
public:
  diagnosis_of(machines& lab, std::string_view scenario, int code,
               const std::vector<std::string>& overrides = {},
               const std::vector<std::string>& more = {},
               const std::function<void(const temp_folder&)>& prepare = {})
      : run_(lab.run(scenario, overrides, with_doctor(more), prepare)) {
    const auto was = run_.exit_code(60s);
    text_ = run_.out();
    BOOST_TEST(was == code, was << " instead of " << code << "\n" << run_.err() << text_);
    run_.await_gone(test_deadline);
    BOOST_TEST(!run_.results());
  }

  /// Lines, without what wraps them: "✗ link up zmq-tcp …".
  [[nodiscard]] std::string text() const {
    std::string flat;
    for (const char c : text_)
      if (c != ' ' && c != '\n')
        flat += c;
      else if (!flat.empty() && flat.back() != ' ')
        flat += ' ';
    return flat;
  }
  void says(const std::vector<std::string>& all) const {
    for (const auto& one : all)
      BOOST_TEST(text().find(one) != std::string::npos, one << " is not in\n" << text_);
  }
  [[nodiscard]] bool holds(const std::string& what) const {
    return text().find(what) != std::string::npos;
  }

private:
  static std::vector<std::string> with_doctor(std::vector<std::string> more) {
    more.emplace_back("--doctor");
    return more;
  }
  run_process run_;
  std::string text_;
};

const std::vector<std::string> all_is_well{
    "✓ link up zmq-tcp reaches 10.77.0.2:", "✓ link down zmq-tcp reaches 10.77.0.1:",
    "✓ clocks one clock: "};

/// Pictures and a detector on the other machine, a camera on this one.
constexpr std::string_view seeing = R"([scenario]
duration = "1s"
[nodes.robot]
[nodes.cloud]
[sensors.camera]
node = "robot"
type = "video"
path = "/dev/video-of-nobody"
rate = "10Hz"
[sensors.album]
node = "cloud"
type = "images"
path = "pictures"
arrival = "closed-loop"
[inference.detector]
node = "cloud"
model = "haar"
path = "cascade.xml"
[sinks.wall]
node = "robot"
[links.up]
from = "camera"
to = "detector"
[links.down]
from = "detector"
to = "wall"
[links.aside]
from = "album"
to = "wall"
)";

std::unique_ptr<machines> make_lab(const std::vector<std::string>& daemon_options) {
  auto lab = machines::make_strangers({"robot", "cloud"});
  if (!lab)
    return nullptr;
  lab->introduce();
  (*lab)["cloud"].start_daemon(daemon_options);
  return lab;
}

} // namespace

BOOST_AUTO_TEST_SUITE(doctor_test)

BOOST_AUTO_TEST_CASE(a_run_that_will_go_well_is_said_to) {
  const auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  const diagnosis_of d(*lab, echo_scenario, 0);
  BOOST_TEST(d.text().find("READY") == 0u, d.text());
  d.says(all_is_well);
  d.says({"✓ this machine ", "✓ node cloud ", "MTU 1500"});
  auto run = lab->run(echo_scenario, {"scenario.samples=10"});
  run.expect_end(0, {{"probe", 1}});
}

BOOST_AUTO_TEST_CASE(files_and_devices_that_are_missing_keep_nothing_else_from_being_looked_at) {
  const auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  const diagnosis_of d(*lab, seeing, 2);
  d.says({"NOT READY: 3 to mend",
          "✗ sensors.camera.path node robot on this machine: video '/dev/video-of-nobody'",
          "→ plug the camera in here: `ls -l /dev/video*`", "or change it at scenario.toml:8:8",
          "✗ sensors.album.path there is no folder /", "/pictures, which would be shipped to ",
          "→ put it there, or change it at scenario.toml:13:8",
          "✗ inference.detector.path there is no file /", "/cascade.xml, which would be shipped"});
  d.says(all_is_well);
  d.says({"✓ link aside zmq-tcp reaches 10.77.0.1:"});
}

BOOST_AUTO_TEST_CASE(a_machine_without_a_daemon_keeps_no_missing_file_from_being_told) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  const auto host = (*lab)["cloud"].host();
  (*lab)["cloud"].daemon().kill_all();
  const diagnosis_of d(*lab, seeing, 2);
  d.says({"✗ node cloud nobody listens at " + host,
          "→ start `peernet-node --listen " + host + "` there", "✗ sensors.camera.path",
          "– link up not tried without node cloud", "– link aside not tried without node cloud"});
}

BOOST_AUTO_TEST_CASE(names_and_addresses_that_lead_nowhere) {
  const auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  diagnosis_of(*lab, echo_scenario, 2, {"nodes.cloud.host=nobody.invalid"})
      .says({"✗ node cloud no address is known for \"nobody.invalid\"",
             "→ correct the name at --set nodes.cloud.host, or write an IP address"});
  diagnosis_of(*lab, echo_scenario, 5, {"nodes.cloud.host=10.77.0.99"})
      .says({"✗ node cloud there is no way to 10.77.0.99:7447", "`ping 10.77.0.99`"});
  diagnosis_of d(*lab, echo_scenario, 2,
                 {"nodes.cloud.addresses.wifi=10.77.9.9", "links.up.network=wifi"});
  d.says({"✗ nodes.cloud.addresses.wifi node cloud on ", "10.77.9.9 is no address of this machine",
          "→ change it at --set nodes.cloud.addresses.wifi", "– link up not tried on wifi",
          all_is_well[1], all_is_well[2]});
  BOOST_TEST(!d.holds("no clock probes"), d.text());
}

BOOST_AUTO_TEST_CASE(a_firewall_that_drops_a_data_port_is_seen_in_its_links) {
  const auto lab = make_lab({"--ports", "7500-7509"});
  if (!lab)
    return;
  const firewall f((*lab)["cloud"], {"ipproto", "tcp", "sport", "7500-7509"});
  const diagnosis_of d(*lab, endless_scenario, 5);
  d.says({"✗ link up zmq-tcp from this machine does not reach 10.77.0.2:75",
          "→ let TCP ports 7500-7509 through the firewall of ", " (10.77.0.2)", all_is_well[1],
          all_is_well[2]});
  const diagnosis_of over_caf(*lab, echo_scenario, 5, both_over("caf"));
  over_caf.says({"✗ link up caf from this machine does not reach 10.77.0.2:75",
                 "✗ link down caf from this machine does not reach 10.77.0.2:75"});
}

BOOST_AUTO_TEST_CASE(a_firewall_that_drops_datagrams_is_seen_in_the_clocks) {
  const auto lab = make_lab({"--ports", "7500-7509"});
  if (!lab)
    return;
  const firewall f((*lab)["cloud"], {"ipproto", "udp"});
  const diagnosis_of d(*lab, echo_scenario, 0);
  d.says({"READY, 1 worth a look",
          "! clocks no clock probes (UDP) pass between this machine and node cloud",
          "→ let UDP ports 7500-7509 through the firewall of ", all_is_well[0], all_is_well[1]});
}

BOOST_AUTO_TEST_CASE(machines_that_do_not_know_each_other_are_told_how_to_pair) {
  const auto lab = machines::make_strangers({"robot", "cloud"});
  if (!lab)
    return;
  auto& cloud = (*lab)["cloud"];
  cloud.start_daemon();
  const auto remedy =
      "`peernet-node --invite` there, then here `peernet-node --pair " + cloud.host() + " TOKEN`";
  diagnosis_of(*lab, echo_scenario, 5)
      .says({"✗ node cloud the peer's certificate is not known here (SHA256:", remedy});
  lab->first().trust(cloud, "node");
  diagnosis_of(*lab, echo_scenario, 5)
      .says({"✗ node cloud the peer does not know our certificate", remedy});
  diagnosis_of(*lab, echo_scenario, 5, {}, {"--insecure"})
      .says({"✗ node cloud the peer speaks TLS", "→ leave --insecure out here, or start"});
  fs::remove_all(lab->first() / "identity");
  diagnosis_of(*lab, echo_scenario, 2)
      .says({"✗ identity this machine has no identity", "→ `peernet-node --init` here, once",
             "– link up not tried without node cloud"});
}

BOOST_AUTO_TEST_CASE(a_bare_daemon_is_told_from_one_that_is_not_there) {
  const auto lab = make_lab({"--insecure"});
  if (!lab)
    return;
  diagnosis_of(*lab, echo_scenario, 5)
      .says({"✗ node cloud the peer speaks no TLS",
             "→ start peernet-node there without --insecure, or give it here, too"});
  diagnosis_of(*lab, echo_scenario, 0, {}, {"--insecure"}).says(all_is_well);
}

BOOST_AUTO_TEST_CASE(a_small_mtu_is_worth_a_look) {
  const auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  for (const auto& [here, there] : {std::pair{"robot", "cloud"}, {"cloud", "robot"}}) {
    const auto done =
        run_ip((*lab)[here].inside(), {"link", "set", "lan-"s + there, "mtu", "1280"});
    BOOST_REQUIRE_MESSAGE(done.ok(), why(done));
  }
  const diagnosis_of d(*lab, echo_scenario, 0);
  d.says({"! node cloud MTU 1280 on the way there", "→ compare `ip link` on both machines"});
  d.says(all_is_well);
}

BOOST_AUTO_TEST_CASE(a_range_without_a_free_port_is_told_with_who_has_it) {
  const auto lab = make_lab({"--ports", "7500-7500"});
  if (!lab)
    return;
  // The range is enough for the uplink's end or for the door of a closed loop, and not for both.
  diagnosis_of(*lab, echo_scenario, 5)
      .says({"✗ node cloud no port of 7500 is free", "→ give peernet-node on ",
             "more ports than --ports 7500", "`ss -tulnp`"});
}

BOOST_AUTO_TEST_CASE(a_busy_machine_is_named_with_its_run) {
  const auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  auto first = lab->run(endless_scenario, {"scenario.name=the-first"});
  first.await_samples(10);
  {
    run_process second = lab->run(echo_scenario, {}, {"--doctor"});
    BOOST_TEST(second.exit_code() == 5, second.err());
    BOOST_TEST(second.out().find("is busy with run \"the-first\" of robot") != std::string::npos,
               second.out());
    BOOST_TEST(second.out().find("→ wait until that is over") != std::string::npos, second.out());
  }
  first.signal(SIGINT);
  first.expect_end(7, {{"probe", 1}}); // undisturbed
}

BOOST_AUTO_TEST_CASE(more_files_than_are_taken_are_told_and_the_rest_is_looked_at) {
  const auto lab = make_lab({"--accept-files", "1kB"});
  if (!lab)
    return;
  const diagnosis_of d(*lab, seeing, 2, {}, {}, [](const temp_folder& folder) {
    fs::create_directory(folder / "pictures");
    std::ofstream(fs::path(folder / "pictures") / "1.pgm") << std::string(2'500, 'x');
  });
  d.says({"✗ node cloud the scenario's files for it are 2500B, and it takes 1000B",
          "→ start peernet-node there with --accept-files 2500B", "✗ inference.detector.path"});
  d.says(all_is_well);
  BOOST_TEST(!d.holds("sensors.album.path"), d.text());
}

BOOST_AUTO_TEST_CASE(a_daemon_that_two_names_lead_to_plays_one_node) {
  const auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  std::string two(echo_scenario);
  two.insert(two.find("[nodes.cloud]"), "[nodes.edge]\nhost = \"[::ffff:10.77.0.2]:7447\"\n");
  two.replace(two.rfind("\"robot\""), 7, "\"edge\""); // the sink's
  const diagnosis_of d(*lab, two, 2);
  // Nodes are looked at in the order of the scenario, where edge comes first.
  d.says({"✗ nodes.cloud.host leads to the daemon at 10.77.0.2:7447 that plays node \"edge\"",
          "→ change it at hosts.toml:", "– link up not tried without node cloud"});
}

BOOST_AUTO_TEST_CASE(who_joins_is_looked_at_as_it_comes) {
  const auto lab = machines::make_strangers({"robot", "arm"});
  if (!lab)
    return;
  std::string joined(echo_scenario);
  joined.replace(joined.find("[nodes.cloud]"), 13, "[nodes.arm]\nstart = \"join\"");
  joined.replace(joined.find("\"cloud\""), 7, "\"arm\"");
  diagnosis_of(*lab, joined, 2)
      .says({"✗ node arm joins by itself, and nobody listens for it here",
             "→ add --listen ADDRESS:PORT"});
  diagnosis_of(*lab, joined, 5, {}, {"--listen", "10.77.0.1:7448", "--join-timeout", "50ms"})
      .says({"✗ node arm did not join within 50",
             "`peernet-run scenario.toml --node arm --coordinator 10.77.0.1:7448`"});
}

BOOST_AUTO_TEST_CASE(a_user_who_does_not_want_to_wait_is_told_nothing) {
  const auto lab = machines::make_strangers({"robot", "arm"});
  if (!lab)
    return;
  std::string joined(echo_scenario);
  joined.replace(joined.find("[nodes.cloud]"), 13, "[nodes.arm]\nstart = \"join\"");
  joined.replace(joined.find("\"cloud\""), 7, "\"arm\"");
  auto run = lab->run(joined, {}, {"--doctor", "--listen", "10.77.0.1:7448"});
  run.await("it waits for arm", [&] { return run.err().find("waiting for") != std::string::npos; });
  run.signal(SIGINT);
  BOOST_TEST(run.exit_code() == 7, run.err());
  BOOST_TEST(run.out() == "");
  run.await_gone(test_deadline);
}

BOOST_AUTO_TEST_SUITE_END()

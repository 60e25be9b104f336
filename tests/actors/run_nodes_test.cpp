// SPDX-License-Identifier: MIT
#include "actors/node_daemon.hpp"
#include "actors/remote/machine.hpp"
#include "actors/run_nodes.hpp"
#include "actors/system_config.hpp"
#include "tests/actors/remote/scripted_peer.hpp"
#include "tests/actors/stand_in.hpp"

using namespace peernet;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// Two nodes, and how each of them comes to be.
std::string two_nodes(const std::string& robot, const std::string& cloud) {
  return "[scenario]\nname = \"demo\"\nsamples = 5\n[nodes.robot]\n" + robot + "\n[nodes.cloud]\n" +
         cloud + R"(
[sensors.camera]
node = "robot"
type = "bytes"
size = "100B"
rate = "10Hz"
[sinks.actuator]
node = "cloud"
[links.uplink]
from = "camera"
to = "actuator"
transport = "zmq-tcp"
)";
}

std::string at(std::uint16_t port) {
  return "host = \"127.0.0.1:" + std::to_string(port) + "\"";
}

/// A port that nobody listens at.
std::uint16_t dead_port() {
  const int fd = must(listen_at("127.0.0.1", 0));
  const auto port = local_end(fd).port;
  ::close(fd);
  return port;
}

struct fixture {
  stand_in here, there; ///< workers of the coordinator's and of the other machine
  temp_folder of_laptop, of_robot;
  machine laptop{"laptop"}, robot{"robot"};
  remote_access access{.self = laptop.self, .folder = of_laptop.path()};
  std::atomic<int> interrupts{0};
  std::mutex mutex;
  std::vector<std::string> steps;
  std::map<node_id, std::string> failures;
  std::ptrdiff_t descriptors = 0;
  std::unique_ptr<node_daemon> daemon;
  reading what;
  std::optional<plan> whole;
  std::string program = here.program;

  fixture() {
    must(trust(of_laptop.path())
             .add({.role = peer_role::node, .print = robot.self.print(), .name = "robot"}));
    must(
        trust(of_robot.path())
            .add({.role = peer_role::coordinator, .print = laptop.self.print(), .name = "laptop"}));
    laptop.knows(robot);
    robot.knows(laptop);
    daemon = must(node_daemon::open({.address = "127.0.0.1",
                                     .self = robot.self,
                                     .folder = of_robot.path(),
                                     .service = {.name = "robot",
                                                 .program = there.program,
                                                 .plugins = "",
                                                 .ports = {},
                                                 .cache = fs::path(there.folder / "cache"),
                                                 .log = {}}}));
    descriptors = open_descriptors();
  }
  result<std::unique_ptr<run_nodes>> start(const std::string& toml) {
    what = read_scenario_text(toml, "test.toml", ".", {}, catalogue::builtin());
    BOOST_REQUIRE_MESSAGE(what.ok(), to_string(what.errors));
    whole = must(make_plan(what.scenario));
    return run_nodes::start(
        {.what = what,
         .whole = *whole,
         .program = program,
         .access = access,
         .output = here.folder / "results",
         .sockets = "",
         .secret = std::string(32, 's'),
         .interrupts = &interrupts,
         .on_step =
             [this](const std::string& s) {
               const std::lock_guard lock(mutex);
               steps.push_back(s);
             },
         .on_failure = [this](node_id n, const error& e) { failures[n] = e.message; }});
  }
  std::map<node_id, result<machine_look>> survey(const std::string& toml) {
    what = read_scenario_text(toml, "test.toml", ".", {}, catalogue::builtin());
    BOOST_REQUIRE_MESSAGE(what.ok(), to_string(what.errors));
    whole = must(make_plan(what.scenario));
    return run_nodes::survey({.what = what,
                              .whole = *whole,
                              .program = program,
                              .access = access,
                              .output = "",
                              .sockets = "",
                              .secret = "",
                              .on_trouble = {},
                              .on_step = [](const std::string&) {}});
  }
  bool showed(std::string_view step) {
    const std::lock_guard lock(mutex);
    return std::ranges::any_of(steps, [&](const auto& s) { return s.find(step) != s.npos; });
  }
  void check_nothing_is_left() {
    await("children to be gone", [&] { return here.alive() == 0; });
    await("workers to be gone", [&] { return there.alive() == 0; });
    await("descriptors to be closed", [&] { return open_descriptors() == descriptors; });
  }
};

template <class T>
void check_error(const result<T>& r, errc code, const std::vector<std::string>& words) {
  BOOST_REQUIRE(!r.ok());
  BOOST_TEST(r.error().code == code, r.error().message);
  for (const auto& w : words)
    BOOST_TEST(r.error().message.find(w) != std::string::npos, r.error().message << ": " << w);
}

constexpr node_id robot_node = 0, cloud_node = 1;

} // namespace

BOOST_FIXTURE_TEST_SUITE(run_nodes_test, fixture)

BOOST_AUTO_TEST_CASE(children_need_no_identity_and_are_killed_at_the_end) {
  access = {};
  {
    const auto nodes = must(start(two_nodes("", "")));
    await("both children", [&] { return here.alive() == 2; });
    BOOST_TEST(steps.empty());
    BOOST_TEST(nodes->machines().empty());
    BOOST_TEST(nodes->own_networks().size() == 1u);
    BOOST_TEST(nodes->own_networks()[0].address == "127.0.0.1");
    BOOST_TEST(!nodes->end_of(robot_node, clock::machine_now()).has_value());
    BOOST_TEST(nodes->bad_ends().empty());
    BOOST_TEST(nodes->problems().empty());
  }
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(who_does_not_end_in_time_is_killed) {
  const auto nodes = must(start(two_nodes("", "")));
  await("both children", [&] { return here.alive() == 2; });
  nodes->say_farewell({true, true});
  for (const auto n : {robot_node, cloud_node})
    BOOST_TEST(nodes->end_of(n, soon()).value_or("") == "killed by signal 9 (Killed)");
  BOOST_TEST(nodes->bad_ends() ==
             " (robot: killed by signal 9 (Killed)) (cloud: killed by signal 9 (Killed))");
}

BOOST_AUTO_TEST_CASE(a_child_that_does_not_come_up_is_named_with_its_end) {
  program = "/bin/false";
  const auto nodes = must(start(two_nodes("", "")));
  system_config config;
  caf::actor_system system(config);
  check_error(nodes->attach(system), errc::node_lost, {"node robot did not come up: exit code 1"});
}

BOOST_AUTO_TEST_CASE(all_hosts_that_fail_are_named_and_no_child_is_started) {
  const auto one = dead_port(), two = dead_port();
  check_error(start(two_nodes(at(one), at(two))), errc::absent,
              {"node robot: ", std::to_string(one), "\n", "node cloud: ", std::to_string(two)});
  BOOST_TEST(showed("contacting robot, cloud"));
  check_nothing_is_left();

  check_error(start(two_nodes("", at(one))), errc::absent, {"node cloud: "});
  BOOST_TEST(!fs::exists(here.pids)); // not even for a moment
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(each_node_that_fails_is_told_of_before_all_of_them) {
  const auto one = dead_port(), two = dead_port();
  BOOST_TEST(!start(two_nodes(at(one), at(two))).ok());
  BOOST_REQUIRE_EQUAL(failures.size(), 2u);
  BOOST_TEST(failures[robot_node].find(std::to_string(one)) != std::string::npos);
  BOOST_TEST(failures[cloud_node].find(std::to_string(two)) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_survey_says_of_each_daemon_what_it_says_of_itself) {
  const auto found = survey(two_nodes(at(dead_port()), at(daemon->at().port)));
  BOOST_REQUIRE_EQUAL(found.size(), 2u);
  check_error(found.at(robot_node), errc::absent, {"node robot: "});
  const auto& cloud = found.at(cloud_node);
  BOOST_REQUIRE(cloud.ok());
  BOOST_TEST(cloud->facts.busy.empty());
  BOOST_TEST(cloud->facts.version == peernet_version());
  BOOST_TEST(survey(two_nodes("", "start = \"join\"")).empty());
  BOOST_TEST(!fs::exists(there.pids)); // nothing was asked of anybody
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(a_daemon_is_not_given_two_nodes_by_two_of_its_names) {
  const auto port = daemon->at().port;
  check_error(start(two_nodes(at(port), "host = \"localhost:" + std::to_string(port) + "\"")),
              errc::bad_scenario,
              {"nodes.cloud.host: leads to the daemon at 127.0.0.1:" + std::to_string(port) +
                   " that plays node \"robot\"",
               "--listen", "--cache"});
  BOOST_TEST(!fs::exists(there.pids));
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(one_host_that_fails_leaves_the_others_free) {
  check_error(start(two_nodes(at(daemon->at().port), at(dead_port()))), errc::absent,
              {"node cloud: "});
  BOOST_TEST(!fs::exists(there.pids));
  check_nothing_is_left();
  auto nodes = must(start(two_nodes("", at(daemon->at().port))));
  nodes.reset();
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(a_child_and_another_machine_play_together) {
  {
    const auto nodes = must(start(two_nodes("", at(daemon->at().port))));
    await("the child", [&] { return here.alive() == 1; });
    await("the worker there", [&] { return there.alive() == 1; });
    BOOST_TEST(showed("contacting cloud"));
    const auto machines = nodes->machines();
    BOOST_REQUIRE_EQUAL(machines.size(), 1u);
    const auto& cloud = machines.at(cloud_node);
    BOOST_TEST(cloud.facts.name == "robot");
    BOOST_TEST(cloud.facts.version == peernet_version());
    BOOST_TEST(cloud.who == "127.0.0.1:" + std::to_string(daemon->at().port));
    BOOST_TEST(cloud.at.port == daemon->at().port);
    const auto networks = nodes->own_networks();
    BOOST_REQUIRE(networks.size() == 2u);
    BOOST_TEST(networks[1].network == "to:cloud");
    BOOST_TEST(networks[1].address == "127.0.0.1");
  }
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(a_child_that_cannot_be_started_ends_the_workers_elsewhere) {
  program = here.folder / "none";
  check_error(start(two_nodes("", at(daemon->at().port))), errc::io, {program});
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(a_machine_that_is_busy_is_named_with_its_run) {
  const auto nodes = must(start(two_nodes("", at(daemon->at().port))));
  check_error(start(two_nodes("", at(daemon->at().port))), errc::refused,
              {"node cloud (127.0.0.1:", "busy with run \"demo\" of laptop"});
  BOOST_TEST(!nodes->end_of(cloud_node, clock::machine_now()).has_value());
}

BOOST_AUTO_TEST_CASE(without_an_identity_nobody_else_is_called) {
  access.self.reset();
  check_error(start(two_nodes("", at(dead_port()))), errc::not_found, {"peernet-node --init"});
  access.why_nobody = "the key is gone";
  check_error(start(two_nodes("", at(dead_port()))), errc::not_found, {"the key is gone"});
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(a_machine_that_was_not_paired_is_sent_nothing) {
  access.folder = here.folder / "no trust";
  BOOST_TEST(!start(two_nodes("", at(daemon->at().port))).ok());
  BOOST_TEST(!fs::exists(there.pids));
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(who_shall_join_needs_an_address_to_come_to) {
  const std::string join = "start = \"join\"";
  check_error(start(two_nodes("", join)), errc::bad_scenario, {"nodes.cloud", "--listen"});
  access.listen = "no:such:form";
  check_error(start(two_nodes("", join)), errc::bad_scenario, {"--listen"});
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(who_does_not_join_in_time_is_named) {
  access.listen = "127.0.0.1:" + std::to_string(dead_port());
  access.join_timeout = 5ms;
  check_error(start(two_nodes("start = \"join\"", "start = \"join\"")), errc::timeout,
              {"cloud, robot", "--join-timeout", access.listen});
  BOOST_TEST(failures.size() == 2u);
  BOOST_TEST(failures[cloud_node].starts_with("did not join within"), failures[cloud_node]);
  BOOST_TEST(showed("waiting for cloud, robot to join"));
  interrupts = 1;
  access.join_timeout = 1h;
  check_error(start(two_nodes("", "start = \"join\"")), errc::closed, {"interrupted"});
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(who_joins_another_scenario_or_node_is_turned_away_and_the_right_one_taken) {
  const auto port = dead_port();
  access.listen = "127.0.0.1:" + std::to_string(port);
  auto comers = std::async(std::launch::async, [&] {
    const auto come = [&](const std::string& node, const std::string& scenario) {
      for (const auto deadline = soon(); clock::machine_now() < deadline;) {
        auto fd = dial("127.0.0.1", port, soon());
        if (!fd) // not yet open
          continue;
        framed_stream s(needed(secure_stream::over(*fd, robot.security, stream_side::client)));
        needed(s.handshake(soon()));
        greeting g{.facts = look_at_machine(), .node = node, .scenario = scenario};
        say(s, g);
        return s;
      }
      throw std::runtime_error("the door never opened");
    };
    auto other = come("cloud", "other");
    const auto wrong_scenario = hear<refusal>(other).why;
    auto moon = come("moon", "demo");
    const auto wrong_node = hear<refusal>(moon).why;
    auto s = come("cloud", "demo");
    (void)hear<greeting>(s);
    (void)hear<preparation>(s);
    say(s, wanted_files{});
    (void)hear<start_worker>(s);
    say(s, worker_started{1, "there"});
    hear_end(s);
    return wrong_scenario + "; " + wrong_node;
  });
  {
    const auto nodes = must(start(two_nodes("", "start = \"join\"")));
    BOOST_TEST(nodes->machines().at(cloud_node).who == look_at_machine().host); // no port of use
  }
  BOOST_TEST(comers.get() == "here runs \"demo\", another scenario; "
                             "no node \"moon\" is awaited here");
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(bad_ends_are_told_by_node) {
  const auto nodes = must(start(two_nodes("", at(daemon->at().port))));
  await("the worker there", [&] { return there.alive() == 1; });
  daemon.reset();
  BOOST_TEST(nodes->end_of(cloud_node, soon()).value_or("") == "killed by signal 9 (Killed)");
  BOOST_TEST(nodes->bad_ends() == " (cloud: killed by signal 9 (Killed))");
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// Nodes on machines without a daemon join by themselves: the same result; without certificates only
// if both sides want it so.
#include "tests/support/machines.hpp"
#include "tests/support/run_scenarios.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <fstream>

using namespace peernet;
using namespace std::literals;

namespace {

const std::string port = ":7400";

/// A machine joins with its own copy of the scenario, as the user would by hand.
class joiner {
public:
  joiner(machine& m, const std::string& coordinator, const std::vector<std::string>& more = {},
         const std::string& node = "cloud")
      : process_(command(m, coordinator, more, node)) {}

  [[nodiscard]] marked_process& process() { return process_; }
  int exit_code() {
    await_that("the joiner ends", [&] { return process_.ended(); });
    return *process_.code();
  }

private:
  static marked_process::settings command(machine& m, const std::string& coordinator,
                                          const std::vector<std::string>& more,
                                          const std::string& node) {
    std::ofstream(m / "scenario.toml") << echo_scenario;
    std::vector<std::string> words{"scenario.toml", "--node",    node,
                                   "--coordinator", coordinator, "--identity",
                                   m / "identity",  "--set",     "nodes.cloud.start=join"};
    words.insert(words.end(), more.begin(), more.end());
    auto how = m.command("peernet-run", words);
    how.mark = m.mark();
    return how;
  }

  marked_process process_;
};

std::unique_ptr<machines> make_friends() {
  auto lab = machines::make_strangers({"robot", "cloud"});
  if (lab)
    lab->introduce();
  return lab;
}

/// The coordinator's side; returns when it waits.
class awaiting {
public:
  explicit awaiting(machines& lab, const std::vector<std::string>& more = {})
      : at(lab.first().address() + port),
        run(lab.run(echo_scenario, {"nodes.cloud.start=join"}, with_listen(at, more))) {
    run.await("it waits", [&] {
      return run.err().find("waiting for cloud to join at " + at) != std::string::npos;
    });
  }

  const std::string at;
  run_process run;

private:
  static std::vector<std::string> with_listen(const std::string& at,
                                              std::vector<std::string> more) {
    more.insert(more.end(), {"--listen", at});
    return more;
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(machines_joining_test)

BOOST_AUTO_TEST_CASE(a_node_that_joins_does_as_well_as_a_daemon) {
  auto lab = make_friends();
  if (!lab)
    return;
  awaiting a(*lab);
  joiner j((*lab)["cloud"], a.at);
  a.run.expect_end(0, {{"probe", 1}});
  BOOST_TEST(j.exit_code() == 0, j.process().err());
  BOOST_TEST(a.run.out().substr(0, 5) == "VALID", a.run.out());
  auto db = a.run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes WHERE outcome = 'delivered'") == 100);
  BOOST_TEST((*lab)["cloud"].workers().empty());
}

BOOST_AUTO_TEST_CASE(who_joins_as_a_node_that_nobody_awaits_is_told_so) {
  auto lab = make_friends();
  if (!lab)
    return;
  awaiting a(*lab);
  joiner wrong((*lab)["cloud"], a.at, {}, "robot");
  BOOST_TEST(wrong.exit_code() == 5, wrong.process().err());
  BOOST_TEST(wrong.process().err().find("no node \"robot\" is awaited here") != std::string::npos,
             wrong.process().err());
  joiner right((*lab)["cloud"], a.at);
  a.run.expect_end(0, {{"probe", 1}});
  BOOST_TEST(right.exit_code() == 0, right.process().err());
}

BOOST_AUTO_TEST_CASE(without_a_coordinator_there_is_nothing_to_join) {
  auto lab = make_friends();
  if (!lab)
    return;
  joiner j((*lab)["cloud"], lab->first().address() + port);
  BOOST_TEST(j.exit_code() == 5, j.process().err());
  BOOST_TEST(j.process().err().find(lab->first().address() + port) != std::string::npos,
             j.process().err());
}

BOOST_AUTO_TEST_CASE(a_node_that_never_comes_is_named) {
  auto lab = make_friends();
  if (!lab)
    return;
  awaiting a(*lab, {"--join-timeout", "100ms"});
  BOOST_TEST(a.run.exit_code() == 5);
  BOOST_TEST(a.run.err().find("no sign of cloud") != std::string::npos, a.run.err());
  BOOST_TEST(a.run.err().find("--node NAME --coordinator " + a.at) != std::string::npos);
  BOOST_TEST(!a.run.results());
  a.run.await_gone(test_deadline);
}

BOOST_AUTO_TEST_CASE(a_killed_joiner_ends_the_run_and_is_named) {
  auto lab = make_friends();
  if (!lab)
    return;
  const auto at = lab->first().address() + port;
  auto run = lab->run(endless_scenario, {"nodes.cloud.start=join"}, {"--listen", at});
  run.await("it waits", [&] { return run.err().find("waiting for") != std::string::npos; });
  joiner j((*lab)["cloud"], at, {"--set", "scenario.name=scenario"});
  run.await_samples(20);
  BOOST_REQUIRE(::kill(j.process().pid(), SIGKILL) == 0);
  run.exit_code();
  run.await_gone(test_deadline); // its worker, too
  run.expect_end(5, {{"probe", 1}});
  BOOST_TEST(run.err().find("node cloud") != std::string::npos, run.err());
}

BOOST_AUTO_TEST_CASE(an_interrupted_joiner_says_so_and_the_run_is_over) {
  auto lab = make_friends();
  if (!lab)
    return;
  const auto at = lab->first().address() + port;
  auto run = lab->run(endless_scenario, {"nodes.cloud.start=join"}, {"--listen", at});
  run.await("it waits", [&] { return run.err().find("waiting for") != std::string::npos; });
  joiner j((*lab)["cloud"], at);
  run.await_samples(20);
  BOOST_REQUIRE(::kill(j.process().pid(), SIGINT) == 0);
  BOOST_TEST(j.exit_code() == 7, j.process().err());
  run.expect_end(5, {{"probe", 1}});
  BOOST_TEST(run.err().find("node cloud") != std::string::npos, run.err());
}

BOOST_AUTO_TEST_CASE(a_stranger_cannot_join) {
  auto lab = make_friends();
  if (!lab)
    return;
  auto& cloud = (*lab)["cloud"];
  cloud.make_identity(); // the coordinator knows the old one
  cloud.trust(lab->first(), "coordinator");
  awaiting a(*lab, {"--join-timeout", "2s"});
  joiner j(cloud, a.at);
  BOOST_TEST(j.exit_code() == 5);
  BOOST_TEST(j.process().err().find("coordinator " + a.at) != std::string::npos, j.process().err());
  BOOST_TEST(a.run.exit_code() == 5);
  BOOST_TEST(a.run.err().find("no sign of cloud") != std::string::npos, a.run.err());
}

// -- without certificates -------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(without_encryption_both_sides_are_warned) {
  auto lab = machines::make_strangers({"robot", "cloud"});
  if (!lab)
    return;
  auto& cloud = (*lab)["cloud"];
  cloud.start_daemon({"--insecure"});
  for (const auto* transport : {"zmq-tcp", "caf"}) {
    auto run = lab->run(echo_scenario, both_over(transport), {"--insecure"});
    run.expect_end(0, {{"probe", 1}});
    BOOST_TEST(run.err().find("warning: --insecure: nothing that leaves this machine is "
                              "encrypted") != std::string::npos,
               run.err());
  }
  BOOST_TEST(cloud.log().find("warning: --insecure: no encryption") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_daemon_that_wants_certificates_refuses_whoever_goes_without) {
  auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  auto run = lab->run(echo_scenario, {}, {"--insecure"});
  BOOST_TEST(run.exit_code() == 5, run.err());
  BOOST_TEST(run.err().find("node cloud") != std::string::npos, run.err());
  BOOST_TEST(!run.results());
  auto next = lab->run(echo_scenario);
  next.expect_end(0, {{"probe", 1}});
}

BOOST_AUTO_TEST_CASE(a_daemon_without_certificates_is_refused_by_whoever_wants_them) {
  auto lab = machines::make_strangers({"robot", "cloud"});
  if (!lab)
    return;
  lab->introduce();
  (*lab)["cloud"].start_daemon({"--insecure"});
  auto run = lab->run(echo_scenario);
  BOOST_TEST(run.exit_code() == 5, run.err());
  BOOST_TEST(run.err().find("node cloud") != std::string::npos, run.err());
  BOOST_TEST(!run.results());
  auto next = lab->run(echo_scenario, {}, {"--insecure"});
  next.expect_end(0, {{"probe", 1}});
}

BOOST_AUTO_TEST_SUITE_END()

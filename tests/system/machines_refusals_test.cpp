// SPDX-License-Identifier: MIT
// What cannot be had: a port, a machine that is busy, a stranger's trust, room on the disk. Each is
// said by name, and leaves everything else as it was.
#include "tests/support/machines.hpp"
#include "tests/support/run_scenarios.hpp"
#include "tests/support/run_sockets.hpp"
#include "tests/support/skip.hpp"
#include "tests/support/small_disk.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace peernet;
using namespace std::literals;

namespace {

const sinks_reached one_each{{"probe", 1}};

bool holds(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

/// A port on all addresses of a machine that somebody else has.
class taken_port {
public:
  taken_port(const machine& m, std::uint16_t port) {
    std::thread([&] { // which goes into the machine's network and leaves the socket behind
      if (!m.inside().enter())
        return;
      fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in at{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {INADDR_ANY}};
      bound_ = ::bind(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 &&
               ::listen(fd_, 1) == 0;
    })
        .join();
    BOOST_REQUIRE_MESSAGE(bound_, "cannot take port " << port);
  }
  taken_port(const taken_port&) = delete;
  taken_port& operator=(const taken_port&) = delete;
  ~taken_port() { ::close(fd_); }

private:
  int fd_ = -1;
  bool bound_ = false;
};

std::unique_ptr<machines> make_lab(const std::vector<std::string>& daemon_options) {
  auto lab = machines::make_strangers({"robot", "cloud"});
  if (!lab)
    return nullptr;
  lab->introduce();
  (*lab)["cloud"].start_daemon(daemon_options);
  return lab;
}

void expect_next(machines& lab) {
  lab.await_free();
  auto next = lab.run(echo_scenario, {"scenario.samples=10"});
  next.expect_end(0, one_each);
}

} // namespace

BOOST_AUTO_TEST_SUITE(machines_refusals_test)

BOOST_AUTO_TEST_CASE(a_daemon_whose_port_is_taken_says_so_and_ends) {
  const auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  auto& cloud = (*lab)["cloud"];
  marked_process second(
      cloud.command("peernet-node", {"--listen", cloud.host(), "--identity", cloud / "identity"}));
  await_that("the second daemon ends", [&] { return second.ended(); });
  BOOST_TEST(*second.code() == 1);
  BOOST_TEST(holds(second.err(), cloud.host()), second.err());
  BOOST_TEST(holds(second.err(), "in use"), second.err());
  expect_next(*lab); // with the first
}

BOOST_AUTO_TEST_CASE(data_come_in_where_the_owner_lets_them) {
  const auto lab = make_lab({"--ports", "7500-7503"});
  if (!lab)
    return;
  for (const auto* transport : {"zmq-tcp", "caf"}) {
    auto run = lab->run(endless_scenario, both_over(transport), {"--ports", "7600-7603"});
    run.await_samples(10);
    const auto check = [](pid_t pid, unsigned first) {
      for (const auto& d : open_doors(pid))
        BOOST_TEST((d.address == "0100007F" || (d.port >= first && d.port <= first + 3)),
                   d.family << " " << d.address << ":" << d.port << " of " << first);
    };
    check((*lab)["cloud"].worker(), 7500);
    check(run.node(0), 7600);
    run.signal(SIGINT);
    run.expect_end(7, one_each);
  }
}

BOOST_AUTO_TEST_CASE(a_range_without_a_free_port_is_named_with_its_node) {
  const auto lab = make_lab({"--ports", "7500-7501"});
  if (!lab)
    return;
  {
    const taken_port one((*lab)["cloud"], 7500), other((*lab)["cloud"], 7501);
    auto run = lab->run(echo_scenario);
    BOOST_TEST(run.exit_code() == 5);
    BOOST_TEST(holds(run.err(), "links.up: node cloud: no port of 7500-7501 is free"), run.err());
    BOOST_TEST(!run.results());
    run.await_gone(test_deadline);
  }
  expect_next(*lab);
}

BOOST_AUTO_TEST_CASE(a_busy_machine_says_with_what_and_goes_on_with_it) {
  const auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  auto first = lab->run(endless_scenario, {"scenario.duration=3s", "scenario.name=the-first"});
  first.await_samples(10);
  auto second = lab->run(echo_scenario, {"scenario.name=the-second"});
  BOOST_TEST(second.exit_code() == 5);
  BOOST_TEST(holds(second.err(), "node cloud"), second.err());
  BOOST_TEST(holds(second.err(), "it is busy with run \"the-first\" of robot"), second.err());
  BOOST_TEST(!second.results());
  first.expect_end(0, one_each);
  BOOST_TEST(first.out().substr(0, 5) == "VALID", first.out());
  BOOST_TEST(first.database().number("SELECT COUNT(*) FROM outcomes WHERE "
                                     "outcome = 'delivered'") == 300);
  expect_next(*lab);
}

BOOST_AUTO_TEST_CASE(two_nodes_on_one_daemon_are_a_mistake_with_its_place_and_both_names) {
  const auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  const auto host = (*lab)["cloud"].host();
  auto run = lab->run(relay_scenario, {}, {}, [&](const temp_folder& folder) {
    std::ofstream(folder / "hosts.toml")
        << "[cloud]\nhost = \"" << host << "\"\n[edge]\nhost = \"" << host << "\"\n";
  });
  BOOST_TEST(run.exit_code() == 2, run.err());
  BOOST_TEST(holds(run.err(), "hosts.toml:4:8: error: nodes.edge.host: the daemon at " + host +
                                  " plays node \"cloud\" already"),
             run.err());
  BOOST_TEST(holds(run.err(), "`peernet-node --listen 10.77.0.2:7448 --cache FOLDER`"), run.err());
  BOOST_TEST(!run.had_nodes());
}

BOOST_AUTO_TEST_CASE(two_nodes_on_one_machine_have_a_daemon_each) {
  const auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  auto& cloud = (*lab)["cloud"];
  const auto second = cloud.start_second_daemon();
  for (const auto* transport :
       {"zmq-tcp", "caf", "tcp", "udp", "zmq-ipc", "shm"}) { // the last two within the machine
    auto run = lab->run_on_both_daemons(relay_scenario, {"links.across.transport="s + transport});
    run.expect_end(0, one_each);
    BOOST_TEST(run.database().number("SELECT COUNT(*) FROM outcomes WHERE "
                                     "outcome = 'delivered'") == 20,
               transport);
    await_that("both are free", [&] { return cloud.workers().empty(); });
  }
}

BOOST_AUTO_TEST_CASE(a_coordinator_that_the_owner_does_not_know_gets_nowhere) {
  const auto lab = machines::make_strangers({"robot", "cloud"});
  if (!lab)
    return;
  auto& cloud = (*lab)["cloud"];
  lab->first().trust(cloud, "node");
  cloud.start_daemon();
  auto run = lab->run(echo_scenario);
  BOOST_TEST(run.exit_code() == 5);
  BOOST_TEST(holds(run.err(), "node cloud (" + cloud.host() +
                                  "): the peer does not know our "
                                  "certificate: pair the two machines"),
             run.err());
  BOOST_TEST(!run.results());
  BOOST_TEST(cloud.workers().empty());
  cloud.await_log("turned away strangers: 1 (since the start 1 without a certificate");
  cloud.trust(lab->first(), "coordinator"); // takes effect without a new daemon
  expect_next(*lab);
}

BOOST_AUTO_TEST_CASE(a_machine_that_shows_another_certificate_is_not_given_a_run) {
  const auto lab = machines::make_strangers({"robot", "cloud"});
  if (!lab)
    return;
  auto& cloud = (*lab)["cloud"];
  lab->introduce();
  cloud.make_identity(); // somebody else at its address
  cloud.trust(lab->first(), "coordinator");
  cloud.start_daemon();
  auto run = lab->run(echo_scenario);
  BOOST_TEST(run.exit_code() == 5);
  BOOST_TEST(holds(run.err(), "node cloud (" + cloud.host() +
                                  "): the peer's certificate is not "
                                  "known here (SHA256:"),
             run.err());
  BOOST_TEST(holds(run.err(), "pair the two machines first"), run.err());
  BOOST_TEST(!run.results());
  BOOST_TEST(cloud.workers().empty());
  cloud.await_log("turned away strangers: 1");
  lab->first().trust(cloud, "node");
  expect_next(*lab);
}

BOOST_AUTO_TEST_CASE(without_an_identity_the_user_is_told_how_to_make_one) {
  const auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  fs::remove_all(lab->first() / "identity");
  auto run = lab->run(echo_scenario);
  BOOST_TEST(run.exit_code() == 2, run.err());
  BOOST_TEST(holds(run.err(), "peernet-node --init"), run.err());
  BOOST_TEST(!run.results());
}

BOOST_AUTO_TEST_CASE(a_full_disk_ends_the_run_and_what_was_stored_can_be_read) {
  const auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  auto disk = small_disk::at(lab->first() / "disk", "2m");
  if (!disk)
    return skip_test(disk.error().message);
  auto run =
      lab->run(endless_scenario, {"sensors.probe.rate=1kHz"}, {}, [&](const temp_folder& folder) {
        fs::create_directory_symlink(lab->first() / "disk", folder / "out");
      });
  BOOST_TEST(run.exit_code() == 1);
  BOOST_TEST(holds(run.err(), "results cannot be stored"), run.err());
  BOOST_TEST(holds(run.err(), "the disk is full; free some space"), run.err());
  BOOST_TEST(holds(run.out(), "Results: "), run.out());
  run.await_gone(test_deadline);
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM samples") > 0);
  BOOST_TEST(db.text("PRAGMA integrity_check") == "ok");
  expect_next(*lab); // whose results go elsewhere
}

BOOST_AUTO_TEST_CASE(a_disk_that_is_full_from_the_beginning_starts_nothing) {
  const auto lab = machines::make({"robot", "cloud"});
  if (!lab)
    return;
  auto disk = small_disk::at(lab->first() / "disk", "100k");
  if (!disk)
    return skip_test(disk.error().message);
  auto run = lab->run(echo_scenario, {}, {}, [&](const temp_folder& folder) {
    fs::create_directory_symlink(lab->first() / "disk", folder / "out");
  });
  BOOST_TEST(run.exit_code() == 1);
  BOOST_TEST(holds(run.err(), "disk is full"), run.err());
  run.await_gone(test_deadline);
  expect_next(*lab);
}

BOOST_AUTO_TEST_SUITE_END()

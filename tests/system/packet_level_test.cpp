// SPDX-License-Identifier: MIT
// Links whose packets are impaired, in whole runs: transports that retransmit meet real loss and
// get everything through, others lose what the network lost; and nothing of the networks stays.
#include "tests/support/network_namespaces.hpp"
#include "tests/support/run_process.hpp"
#include "tests/support/run_scenarios.hpp"
#include "tests/support/skip.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <unistd.h>

using namespace peernet;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace data = boost::unit_test::data;

namespace {

constexpr int cloud = 1;
constexpr auto soon = 15s;

constexpr std::string_view one_way = R"([scenario]
samples = 200

[nodes.robot]
[nodes.cloud]

[sensors.probe]
node = "robot"
type = "bytes"
size = "1kB"
rate = "200Hz"
max-lag = "5s"

[sinks.far]
node = "cloud"
queue = { size = 1000 }

[links.up]
from = "probe"
to = "far"
send-queue = { size = 1000 }
)";

/// Every sample goes to two nodes.
constexpr std::string_view two_ways = R"([scenario]
samples = 100
drain = "500ms"

[nodes.robot]
[nodes.cloud]
[nodes.edge]

[sensors.probe]
node = "robot"
type = "bytes"
size = "1kB"
rate = "50Hz"
max-lag = "5s"

[sinks.far]
node = "cloud"
[sinks.near]
node = "edge"
queue = { size = 1000 }

[links.up]
from = "probe"
to = "far"
transport = "tcp"
impair = { level = "packet", delay = "5ms" }
[links.aside]
from = "probe"
to = "near"
transport = "tcp"
send-queue = { size = 1000 }
impair = { level = "packet", delay = "20ms", loss = "2%" }
)";

bool may_make_networks() {
  const auto made = network_namespace::make();
  if (!made)
    skip_test(made.error().message);
  return made.ok();
}

std::vector<std::string> one_way_over(const std::string& transport, const std::string& keys) {
  return set(
      {"links.up.transport=" + transport, "links.up.impair={ level = \"packet\", " + keys + " }"});
}

/// Both ways, in open loop, with room.
std::vector<std::string> echo_over(const std::string& transport,
                                   std::vector<std::string> more = {}) {
  for (const auto& s : both_over(transport))
    more.push_back(s);
  more.insert(more.end(), {"sensors.probe.arrival=periodic", "sensors.probe.rate=200Hz",
                           "sensors.probe.max-lag=5s"});
  return set_with_room(std::move(more));
}

std::int64_t network(run_database& db, const std::string& what, const std::string& link = "up") {
  return db.number("SELECT COALESCE(SUM(count), -1) FROM link_counts WHERE side = 'network' AND "
                   "name = '" +
                   link + "' AND what = '" + what + "'");
}

/// What enters comes out, or is counted: over, if both ways are quiet by now.
void check_books(run_database& db, const std::string& link = "up") {
  for (const std::string way : {"packets-", "back-"}) {
    const auto of = [&](const char* what) { return network(db, way + what, link); };
    const auto out = of("delivered") + of("refused") - of("duplicated");
    BOOST_TEST(of("entered") >= out + of("lost") + of("overflow") + of("crowded"));
    BOOST_TEST(of("missed") == 0);
    BOOST_TEST(of("late-p50-ns") > 0);
    BOOST_TEST(of("late-p50-ns") <= of("late-p99-ns"));
    BOOST_TEST(of("late-p99-ns") <= of("late-max-ns"));
  }
}

using networks = std::set<std::string>; ///< as the kernel names them

std::string network_of(const fs::path& process) {
  std::error_code gone;
  return fs::read_symlink(process / "ns/net", gone).string();
}

/// Of the nodes of a run; each has its own.
networks own_networks(run_process& run) {
  networks all;
  const auto nodes = run.nodes();
  for (const auto& [number, node] : nodes)
    all.insert(network_of("/proc/" + std::to_string(node.pid)));
  BOOST_TEST(all.size() == nodes.size());
  BOOST_TEST(!all.contains(network_of("/proc/self")));
  return all;
}

/// Nothing lives in them any more; they go with the last that does.
void expect_deserted(const networks& all) {
  for (const auto& entry : fs::directory_iterator("/proc"))
    if (entry.path().filename().string().find_first_not_of("0123456789") == std::string::npos)
      BOOST_TEST(!all.contains(network_of(entry.path())), entry.path());
}

std::int64_t quicker_than(run_database& db, const std::string& link, const std::string& ns) {
  return db.number("SELECT COUNT(*) FROM spans WHERE step = 'link' AND place = '" + link +
                   "' AND duration_ns < " + ns);
}

} // namespace

BOOST_AUTO_TEST_SUITE(packet_level_test)

BOOST_AUTO_TEST_CASE(datagrams_lose_exactly_what_the_network_lost) {
  if (!may_make_networks())
    return;
  run_process run(one_way, one_way_over("udp", "delay = \"20ms\", loss = \"10%\""));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  const auto lost = db.number("SELECT lost FROM links WHERE name = 'up'");
  BOOST_TEST(lost > 5); // 20 of 200 in the mean, with a deviation of 4
  BOOST_TEST(lost < 45);
  BOOST_TEST(db.number("SELECT sent - delivered FROM links WHERE name = 'up'") == lost);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes WHERE outcome = 'lost' AND place = 'up'") ==
             lost);
  // A sample is one datagram. Nothing else goes that way but clock probes and what the sender asks
  // before the run: whether somebody is there.
  const auto asked = network(db, "packets-entered") - network(db, "packets-probes") - 200;
  const auto asked_in_vain =
      network(db, "packets-lost") - network(db, "packets-probes-lost") - lost;
  BOOST_TEST(asked >= 1);
  BOOST_TEST(asked_in_vain >= 0);
  BOOST_TEST(asked_in_vain < asked);
  BOOST_TEST(network(db, "packets-probes") > 0);
  BOOST_TEST(network(db, "back-lost") == 0); // no link leads back
  BOOST_TEST(quicker_than(db, "up", "20000000") == 0);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans WHERE step = 'emulate'") == 0);
  check_books(db);
  BOOST_TEST(run.out().find("packets: ") != std::string::npos, run.out());
  BOOST_TEST(run.out().find("meant to be held p50 20.0 ms") != std::string::npos, run.out());
  BOOST_TEST(run.out().find("let out late by p50") != std::string::npos, run.out());
  // Nobody was asked on a way that does not exist.
  BOOST_TEST(db.number("SELECT COUNT(*) FROM events WHERE what = 'clock probes unanswered'") == 0,
             run.out());
}

BOOST_DATA_TEST_CASE(what_retransmits_gets_everything_through_real_loss,
                     data::make({"tcp", "zmq-tcp", "caf"}), transport) {
  if (!may_make_networks())
    return;
  run_process run(one_way, one_way_over(transport, "delay = \"20ms\", loss = \"5%\""));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(db.table("SELECT sent, delivered, lost FROM links WHERE name = 'up'") ==
             "200|200|0\n");
  BOOST_TEST(network(db, "packets-lost") > network(db, "packets-probes-lost"));
  BOOST_TEST(quicker_than(db, "up", "20000000") == 0);
  check_books(db);
}

BOOST_DATA_TEST_CASE(everything_that_can_happen_to_packets_happens_to_those_of_a_stream,
                     data::make({"tcp", "zmq-tcp"}), transport) {
  if (!may_make_networks())
    return;
  run_process run(one_way,
                  one_way_over(transport, "delay = \"5ms\", jitter = \"1ms\", duplicate = \"5%\", "
                                          "reorder = \"5%\", reorder-by = \"6ms\", corrupt = "
                                          "\"5%\", rate = \"20Mbit\", burst-loss = { enter = "
                                          "\"2%\", leave = \"50%\" }"));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(db.table("SELECT sent, delivered, lost, corrupt FROM links WHERE name = 'up'") ==
             "200|200|0|0\n");
  for (const auto* what : {"packets-lost", "packets-bursts", "packets-duplicated",
                           "packets-reordered", "packets-corrupted"})
    BOOST_TEST(network(db, what) > 0, what);
  check_books(db);
}

BOOST_AUTO_TEST_CASE(the_way_back_takes_the_impairment_of_the_link_that_leads_there) {
  if (!may_make_networks())
    return;
  run_process run(echo_scenario,
                  echo_over("tcp", {"links.up.impair={ level = \"packet\", delay = \"10ms\" }",
                                    "links.down.impair={ level = \"packet\", delay = \"25ms\", "
                                    "loss = \"10%\" }"}));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(db.table("SELECT sent, delivered, lost FROM links") == "100|100|0\n100|100|0\n");
  BOOST_TEST(quicker_than(db, "up", "10000000") == 0);
  BOOST_TEST(quicker_than(db, "down", "25000000") == 0);
  BOOST_TEST(network(db, "packets-lost", "up") == 0);
  BOOST_TEST(network(db, "back-lost", "up") > 0); // its acknowledgements
  BOOST_TEST(network(db, "packets-lost", "down") > 0);
  BOOST_TEST(network(db, "back-lost", "down") == 0);
  check_books(db, "up");
  check_books(db, "down");
}

BOOST_DATA_TEST_CASE(other_links_between_the_same_nodes_go_their_own_way,
                     data::make({"zmq-tcp", "udp", "tcp", "shm", "zmq-ipc", "caf"}), transport) {
  if (!may_make_networks())
    return;
  run_process run(echo_scenario,
                  echo_over("tcp", {"links.up.impair={ level = \"packet\", delay = \"20ms\" }",
                                    "links.down.transport=" + std::string(transport)}));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(db.table("SELECT sent, delivered, lost FROM links") == "100|100|0\n100|100|0\n");
  BOOST_TEST(db.number("SELECT COUNT(*) FROM link_counts WHERE name = 'down' AND side = "
                       "'network'") == 0);
}

BOOST_AUTO_TEST_CASE(a_trace_beside_the_scenario_is_replayed_to_packets) {
  if (!may_make_networks())
    return;
  auto arguments = one_way_over("tcp", "trace = \"net.csv\"");
  arguments.insert(arguments.begin(), {"net.toml", "--output", "out"});
  run_process run(arguments, run_process::user::same, [](const temp_folder& folder) {
    std::ofstream(folder / "net.csv") << "time_ms,delay_ms\n0,5\n2000,\n";
    std::ofstream(folder / "net.toml") << one_way;
  });
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(quicker_than(db, "up", "5000000") == 0);
}

BOOST_AUTO_TEST_CASE(without_the_rights_nothing_is_started_and_the_remedy_is_named) {
  auto arguments = one_way_over("tcp", "loss = \"1%\"");
  arguments.insert(arguments.begin(), {"packets.toml", "--output", "out"});
  const auto write = [](const temp_folder& folder) {
    std::ofstream(folder / "packets.toml") << one_way;
    fs::permissions(folder.path(), fs::perms{0777});
  };
  if (::geteuid() != 0)
    return skip_test("this test needs root, to run as another user");
  run_process run(arguments, run_process::user::nobody, write);
  const auto code = run.exit_code();
  if (code == 126)
    return skip_test("another user may not enter the build folder");
  BOOST_TEST(code == 2);
  BOOST_TEST(run.err().find("links.up.impair.level: ") != std::string::npos, run.err());
  BOOST_TEST(run.err().find("start peernet-run as root, or leave level = \"packet\" out") !=
                 std::string::npos,
             run.err());
  BOOST_TEST(run.err().find("error: ") == run.err().rfind("error: "), run.err());
  BOOST_TEST(!run.had_nodes());
  BOOST_TEST(!run.results().has_value());

  arguments.emplace_back("--check"); // sends nothing, so it needs none
  run_process check(arguments, run_process::user::nobody, write);
  BOOST_TEST(check.exit_code() == 0, check.err());
  BOOST_TEST(check.out().find("packets, not samples") != std::string::npos, check.out());
}

BOOST_AUTO_TEST_CASE(a_killed_node_ends_the_run_and_its_network) {
  if (!may_make_networks())
    return;
  run_process run(endless_scenario, set({"links.up.impair={ level = \"packet\", loss = \"1%\" }"}));
  run.await_samples(50);
  const auto all = own_networks(run);
  BOOST_REQUIRE(::kill(run.node(cloud), SIGKILL) == 0);
  run.expect_end(5, {{"probe", 1}}, soon);
  BOOST_TEST(run.err().find("node cloud") != std::string::npos, run.err());
  expect_deserted(all);
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes WHERE outcome = 'delivered'") >= 10);
  BOOST_TEST(network(db, "packets-entered") > 50);
}

BOOST_AUTO_TEST_CASE(the_others_go_on_when_a_node_is_killed_that_may_be_missing) {
  if (!may_make_networks())
    return;
  run_process run(two_ways, set({"nodes.cloud.on-loss=continue"}));
  run.await_samples(20);
  const auto all = own_networks(run);
  BOOST_TEST(all.size() == 3u);
  BOOST_REQUIRE(::kill(run.node(cloud), SIGKILL) == 0);
  run.expect_end(0, {{"probe", 2}});
  expect_deserted(all);
  BOOST_TEST(run.out().starts_with("VALID"), run.out());
  BOOST_TEST(run.out().find("node cloud was lost while the run was under way") != std::string::npos,
             run.out());
  BOOST_TEST(run.err().find("the others go on, as its on-loss says") != std::string::npos,
             run.err());
  auto db = run.database();
  const auto at = [&](const std::string& sink, const std::string& which) {
    return db.number("SELECT COUNT(*) FROM outcomes WHERE sink = '" + sink + "' AND outcome " +
                     which);
  };
  BOOST_TEST(at("near", "= 'delivered'") == 100);
  BOOST_TEST(at("far", "= 'delivered'") >= 10); // what came before is kept
  BOOST_TEST(at("far", "<> 'delivered'") >= 10);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM events WHERE what = 'node lost' AND node = 'cloud' "
                       "AND severity = 'warning'") == 1);
  BOOST_TEST(network(db, "packets-entered", "up") >= 10);
  check_books(db, "aside");
}

BOOST_AUTO_TEST_CASE(the_users_signal_ends_it_in_order) {
  if (!may_make_networks())
    return;
  run_process run(endless_scenario,
                  set({"links.up.impair={ level = \"packet\", delay = \"50ms\" }"}));
  run.await_samples(50);
  run.signal(SIGINT);
  run.expect_end(7, {{"probe", 1}}, soon);
  auto db = run.database();
  BOOST_TEST(network(db, "packets-entered") > 50);
}

BOOST_AUTO_TEST_CASE(a_killed_coordinator_takes_nodes_and_networks_along) {
  if (!may_make_networks())
    return;
  run_process run(endless_scenario,
                  set({"links.up.impair={ level = \"packet\", delay = \"5ms\" }"}));
  run.await_samples(50);
  run.signal(SIGKILL);
  run.await_gone(5s);
  BOOST_TEST(run.exit_code() == -SIGKILL);
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// Who can be reached from outside: no process of a run listens on any port or path, except the
// receiving ends of data links and one UDP socket for clock probes, and these on the loopback
// address or in a folder of our own only.
#include "tests/support/run_process.hpp"
#include "tests/support/run_scenarios.hpp"
#include "tests/support/run_sockets.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <filesystem>
#include <map>
#include <set>

namespace fs = std::filesystem;
using namespace peernet;

namespace {

const std::string loopback = "0100007F"; // 127.0.0.1 in the byte order of /proc
constexpr int coordinator = -1;

using doors_by_node = std::map<int, std::set<open_door>>;

/// Looks at all processes over and over until the run ends by itself; all doors that were ever
/// open.
doors_by_node doors_during(run_process& run) {
  doors_by_node all;
  run.await("it ends", [&] {
    for (const auto& m : run.members())
      if (const auto number = m.node(); number || m.pid == run.pid()) // or it is still being made
        for (auto& doors = all[number ? static_cast<int>(*number) : coordinator];
             auto& d : open_doors(m.pid))
          doors.insert(d);
    return run.ended();
  });
  return all;
}

/// Takes out the UDP socket for clock probes that every process has, on the loopback address.
template <class Doors>
std::set<open_door> without_probes(const Doors& doors) {
  std::set<open_door> rest(doors.begin(), doors.end());
  const auto probes = std::erase_if(
      rest, [](const open_door& d) { return d.family == "udp" && d.address == loopback; });
  BOOST_TEST(probes == 1u);
  return rest;
}

/// An echo of half a second, so that there is time to look.
std::vector<std::string> half_a_second(std::vector<std::string> overrides) {
  overrides.emplace_back("scenario.duration=500ms");
  return set(overrides);
}

} // namespace

BOOST_AUTO_TEST_SUITE(ports_test)

BOOST_AUTO_TEST_CASE(zmq_tcp_listens_on_loopback_for_each_receiving_end_and_nowhere_else) {
  run_process run(endless_scenario, half_a_second(both_over("zmq-tcp")));
  const auto doors = doors_during(run);
  run.expect_end(0, {{"probe", 1}});
  BOOST_TEST(doors.size() == 3u); // all three processes were looked at
  for (const auto& [who, all] : doors) {
    const auto open = without_probes(all);
    BOOST_TEST(open.size() == (who == coordinator ? 0u : 1u), "process " << who);
    for (const auto& d : open) {
      BOOST_TEST(d.family == "tcp");
      BOOST_TEST(d.address == loopback);
    }
  }
}

BOOST_AUTO_TEST_CASE(caf_listens_on_nothing_at_all) {
  run_process run(endless_scenario, half_a_second(both_over("caf")));
  const auto doors = doors_during(run);
  run.expect_end(0, {{"probe", 1}});
  BOOST_TEST(doors.size() == 3u);
  for (const auto& [who, open] : doors)
    for (const auto& d : without_probes(open))
      BOOST_ERROR("process " << who << " listens: " << d.family << " " << d.address << ":"
                             << d.port);
}

BOOST_AUTO_TEST_CASE(zmq_ipc_listens_in_a_private_folder_that_goes_with_the_run) {
  run_process run(endless_scenario, set(both_over("zmq-ipc")));
  run.await_samples(1);
  std::set<fs::path> folders;
  for (const auto& m : run.members()) {
    const auto open = without_probes(open_doors(m.pid));
    BOOST_TEST(open.size() == (m.plays_node() ? 1u : 0u));
    for (const auto& d : open) {
      BOOST_TEST(d.family == "unix");
      folders.insert(fs::path(d.address).parent_path());
    }
  }
  BOOST_REQUIRE(folders.size() == 1u);
  const auto folder = *folders.begin();
  BOOST_TEST(static_cast<unsigned>(fs::status(folder).permissions()) == 0700u);
  run.signal(SIGINT);
  run.expect_end(7, {{"probe", 1}});
  BOOST_TEST(!fs::exists(folder), folder << " is left");
}

BOOST_AUTO_TEST_CASE(the_private_folder_goes_also_when_the_run_is_cut_short) {
  run_process run(endless_scenario, set(both_over("zmq-ipc")));
  run.await_samples(1);
  std::set<fs::path> folders;
  for (const auto& m : run.members())
    for (const auto& d : without_probes(open_doors(m.pid)))
      folders.insert(fs::path(d.address).parent_path());
  BOOST_REQUIRE(folders.size() == 1u);
  BOOST_TEST_REQUIRE(::kill(run.node(1), SIGKILL) == 0);
  run.expect_end(5, {{"probe", 1}});
  BOOST_TEST(!fs::exists(*folders.begin()), *folders.begin() << " is left");
}

BOOST_AUTO_TEST_CASE(local_hand_offs_listen_on_nothing_at_all) {
  run_process run(endless_scenario, half_a_second({"inference.mirror.node=robot"}));
  const auto doors = doors_during(run);
  run.expect_end(0, {{"probe", 1}});
  for (const auto& [who, open] : doors)
    BOOST_TEST(without_probes(open).empty(), "process " << who);
}

BOOST_AUTO_TEST_SUITE_END()

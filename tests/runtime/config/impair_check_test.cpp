// SPDX-License-Identifier: MIT
#include "runtime/config/absolute_paths.hpp"
#include "runtime/config/impair_check.hpp"
#include "runtime/config/shipped_files.hpp"
#include "tests/runtime/config/impaired_scenario.hpp"
#include "tests/support/temp_folder.hpp"

#include <fstream>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

/// A scenario's folder with traces in it.
struct traces {
  traces() {
    write("fair.csv", "time_s,delay_ms,rate_mbit\n0,20,10\n1,,\n");
    write("lossy.csv", "time_s,loss_percent\n0,5\n1,\n");
    write("delays.csv", "time_s,delay_ms\n0,5\n1,\n");
    write("bad.csv", "time_s,delay_ms\n0,5 ms\n1,\n");
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name) << text;
  }
  [[nodiscard]] reading read(const std::string& keys, const std::string& transport = "lossy",
                             const std::vector<std::string>& overrides = {}) const {
    return read_lossy(with_impair(keys, transport), overrides, folder.path().string());
  }
  const temp_folder folder;
};

} // namespace

BOOST_AUTO_TEST_SUITE(impair_check_test)

BOOST_AUTO_TEST_CASE(what_a_transport_that_retransmits_never_shows_is_refused) {
  for (const auto& [keys, column, key] :
       {std::tuple{"loss = \"1%\"", 19u, "loss"},
        {"burst-loss = { enter = \"1%\", leave = \"20%\" }", 12u, "burst-loss"},
        {"duplicate = \"1%\"", 24u, "duplicate"},
        {"reorder = \"1%\", reorder-by = \"1ms\"", 22u, "reorder"},
        {"corrupt = \"1%\"", 22u, "corrupt"}}) {
    BOOST_TEST(read_lossy(with_impair(keys)).ok(), keys);
    for (const std::string transport : {"zmq-tcp", "zmq-ipc", "tcp", "shm", "caf"}) {
      const auto r = read_lossy(with_impair(keys, transport));
      expect_one(r, 22, column, "links.uplink.impair." + std::string(key));
      expect_one(r, 22, column, "\"" + transport + "\" retransmits");
      expect_one(r, 22, column, "or use a transport that does not retransmit: \"udp\", \"lossy\"");
    }
  }
}

BOOST_AUTO_TEST_CASE(delay_jitter_rate_and_buffer_are_fine_on_every_transport) {
  for (const std::string transport : {"zmq-tcp", "zmq-ipc", "caf", "lossy"})
    BOOST_TEST(read_lossy(with_impair("delay = \"20ms\", jitter = \"4ms\", rate = \"1Mbit\", "
                                      "buffer = \"1kB\"",
                                      transport))
                   .ok(),
               transport);
}

BOOST_AUTO_TEST_CASE(a_profiles_loss_must_be_switched_off_where_it_cannot_be) {
  const auto r = read_lossy(with_impair("profile = \"lte\"", "zmq-tcp"));
  expect_one(r, 22, 1, "impair.loss: \"zmq-tcp\" retransmits");
  expect_one(r, 22, 1, "set it to \"0%\", or leave it out");
  BOOST_TEST(read_lossy(with_impair("profile = \"lte\", loss = \"0%\"", "zmq-tcp")).ok());
  BOOST_TEST(read_lossy(with_impair("profile = \"lan\"", "zmq-tcp")).ok());
}

BOOST_AUTO_TEST_CASE(a_trace_is_found_from_the_scenarios_folder_and_checked) {
  const traces t;
  for (const std::string transport : {"lossy", "zmq-tcp"}) {
    const auto r = t.read("trace = \"fair.csv\"", transport);
    BOOST_REQUIRE_MESSAGE(r.ok(), to_string(r.errors));
    BOOST_TEST(r.scenario.links[0].impair->buffer == 256'000u); // it may have a rate
    const auto trace = trace_of(r.scenario.links[0], t.folder.path().string(), with_lossy());
    BOOST_REQUIRE(trace.ok());
    BOOST_TEST((*(*trace)->at(0s).delay == 20ms));
  }
  expect_one(t.read("trace = \"none.csv\""), 22, 20,
             "is no file; relative paths begin at the scenario's own folder");
  expect_one(t.read("trace = \"bad.csv\""), 22, 20, "bad.csv\":2: delay_ms: \"5 ms\" is no number");
  expect_one(t.read("trace = \"\""), 22, 20, "must not be empty");
}

BOOST_AUTO_TEST_CASE(a_trace_must_go_with_its_transport_and_with_what_else_is_written) {
  const traces t;
  BOOST_TEST(t.read("trace = \"lossy.csv\"").ok());
  expect_one(t.read("trace = \"lossy.csv\"", "zmq-tcp"), 22, 20,
             "impair.trace: has losses, and \"zmq-tcp\" retransmits");
  expect_one(t.read("trace = \"delays.csv\", delay = \"1ms\""), 22, 20,
             "has a column for the delay, and `delay` is written, too");
  expect_one(t.read("trace = \"lossy.csv\", loss = \"1%\""), 22, 20, "a column for the loss");
  expect_one(t.read("trace = \"fair.csv\", rate = \"1Mbit\""), 22, 20, "a column for the rate");
  BOOST_TEST(t.read("trace = \"delays.csv\", loss = \"1%\", jitter = \"1ms\"").ok());
  BOOST_TEST(t.read("trace = \"delays.csv\", profile = \"lte\"").ok()); // instead of its delay
}

BOOST_AUTO_TEST_CASE(a_trace_that_another_machine_has_is_looked_for_there) {
  const traces t;
  const std::vector<std::string> away{"nodes.robot.host=10.0.0.4"};
  const auto r = t.read("trace = \"none.csv\"", "lossy", away);
  BOOST_TEST(r.ok(), to_string(r.errors));
  BOOST_TEST(!t.read("trace = \"bad.csv\"", "lossy", away).ok()); // what is here is sent there
  const auto there =
      trace_of(r.scenario.links[0], t.folder.path().string(), with_lossy()); // as its node does
  BOOST_REQUIRE(!there.ok());
  BOOST_TEST(there.error().message.starts_with("links.uplink.impair.trace: \""));
}

BOOST_AUTO_TEST_CASE(a_trace_goes_to_the_node_that_sends) {
  const traces t;
  const auto s = t.read("trace = \"fair.csv\"").scenario;
  const auto files = files_to_ship(s, "robot", with_lossy());
  BOOST_REQUIRE(files.ok());
  BOOST_REQUIRE(files->size() == 1u);
  BOOST_TEST(((*files)[0] == shipped_file{"links.uplink.impair.trace", t.folder / "fair.csv",
                                          "files/0-fair.csv"}));
  BOOST_TEST(files_to_ship(s, "cloud", with_lossy())->empty());
  BOOST_TEST(with_shipped_paths(s, "robot", *files).links[0].impair->trace == "files/0-fair.csv");
  BOOST_TEST(with_absolute_paths(s, with_lossy()).links[0].impair->trace == t.folder / "fair.csv");
}

BOOST_AUTO_TEST_SUITE_END()

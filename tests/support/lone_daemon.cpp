// SPDX-License-Identifier: MIT
#include "tests/support/lone_daemon.hpp"

#include "actors/remote/dial.hpp"
#include "actors/remote/trust.hpp"
#include "tests/support/run_scenarios.hpp"
#include "tests/support/why.hpp"

#include <boost/test/results_collector.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace peernet {

namespace fs = std::filesystem;

namespace {

void require(const result<void>& done) {
  BOOST_REQUIRE_MESSAGE(done.ok(), why(done));
}

/// An identity with a folder, where it trusts nobody yet.
identity make_identity(const std::string& name, const std::string& folder) {
  auto made = identity::make(name);
  BOOST_REQUIRE_MESSAGE(made.ok(), why(made));
  require(made->store(folder));
  return *std::move(made);
}

/// Nobody listens there just now.
std::uint16_t free_port() {
  const auto fd = listen_at("127.0.0.1", 0);
  BOOST_REQUIRE(fd.ok());
  const auto port = local_end(*fd).port;
  ::close(*fd);
  return port;
}

/// The number behind a key in /proc/PID/status.
std::int64_t status_number(const std::string& status, const std::string& key) {
  const auto at = status.find("\n" + key + ":");
  BOOST_REQUIRE_MESSAGE(at != std::string::npos, "no " << key << " in the status of a process");
  return std::stoll(status.substr(at + key.size() + 2));
}

std::size_t count_of(std::string_view what, std::string_view text) {
  std::size_t found = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1))
    ++found;
  return found;
}

} // namespace

process_figures look_at(pid_t pid) {
  const auto place = "/proc/" + std::to_string(pid);
  const auto status = read_whole(place + "/status");
  std::error_code gone;
  const fs::directory_iterator descriptors(place + "/fd", gone);
  BOOST_REQUIRE_MESSAGE(!gone, "process " << pid << ": " << gone.message());
  return {.memory = status_number(status, "RssAnon") * 1024,
          .most_memory = status_number(status, "VmHWM") * 1024,
          .descriptors =
              static_cast<std::size_t>(std::distance(begin(descriptors), end(descriptors))),
          .threads = static_cast<std::size_t>(status_number(status, "Threads"))};
}

lone_daemon::lone_daemon()
    : self_(make_identity("cloud", folder_ / "cloud")),
      coordinator_(make_identity("laptop", folder_ / "laptop")) {
  require(trust(folder_ / "cloud").add({peer_role::coordinator, coordinator_.print(), "laptop"}));
  require(trust(folder_ / "laptop").add({peer_role::node, self_.print(), "cloud"}));
  while (!starts()) {
  }
}

/// False: somebody was faster to take the port that was free.
bool lone_daemon::starts() {
  port_ = free_port();
  const auto at = "127.0.0.1:" + std::to_string(port_);
  process_.emplace(marked_process::settings{
      .program = "peernet-node",
      .arguments = {"--listen", at, "--identity", folder_ / "cloud", "--cache", folder_ / "cache"},
      .mark = folder_.path().filename(),
      .folder = folder_.path(),
      .output = folder_ / ("daemon-" + std::to_string(port_) + "-"),
      .who = marked_process::user::same,
      .network = nullptr,
      .variables = {}});
  await_that("the daemon listens", [&] { return !lives() || holds("listening at " + at); });
  BOOST_REQUIRE_MESSAGE(lives() || holds("in use"), "the daemon ended: " << log());
  return lives();
}

bool lone_daemon::holds(const std::string& text) const {
  return log().find(text) != std::string::npos;
}

lone_daemon::~lone_daemon() {
  namespace unit = boost::unit_test;
  if (!unit::results_collector.results(unit::framework::current_test_case().p_id).passed())
    BOOST_TEST_MESSAGE("-- daemon:\n" << log());
}

run_process lone_daemon::run(std::string_view scenario,
                             const std::vector<std::string>& overrides) const {
  std::vector<std::string> arguments{"scenario.toml", "--output", "out", "--identity",
                                     folder_ / "laptop"};
  auto changes = set(overrides);
  changes.insert(changes.end(), {"--set", "nodes.cloud.host=127.0.0.1:" + std::to_string(port_)});
  arguments.insert(arguments.end(), changes.begin(), changes.end());
  run_process::surroundings where;
  where.machines = {folder_.path().filename()};
  return run_process(arguments, where, [&](const temp_folder& folder) {
    std::ofstream(folder / "scenario.toml") << scenario;
  });
}

void lone_daemon::await_free() {
  await_that("the daemon is free", [&] {
    const auto said = log();
    return count_of(" begins; ", said) <= count_of(" is over: ", said) &&
           std::ranges::none_of(process_->marked(), [](const auto& m) { return m.plays_node(); });
  });
}

} // namespace peernet

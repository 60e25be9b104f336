// SPDX-License-Identifier: MIT
// Plugins that a team brings its own, here a transport: named in a scenario, checked by what was
// declared of them, loaded by each node, and on another machine where its owner allows it.
#include "tests/support/machines.hpp"
#include "tests/support/run_process.hpp"
#include "tests/support/run_scenarios.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace peernet;
namespace fs = std::filesystem;

namespace {

const std::string declaration = "peernet-seqpacket.toml";
const sinks_reached one_each{{"probe", 1}};

/// Where a user keeps plugins, for the length of a test.
class plugin_path {
public:
  explicit plugin_path(const std::string& folder) {
    ::setenv("PEERNET_PLUGIN_PATH", folder.c_str(), 1);
  }
  plugin_path(const plugin_path&) = delete;
  plugin_path& operator=(const plugin_path&) = delete;
  ~plugin_path() { ::unsetenv("PEERNET_PLUGIN_PATH"); }
};

bool holds(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

std::vector<std::string> over_seqpacket(const std::vector<std::string>& more = {}) {
  auto all = set({"links.up.transport={ type = \"seqpacket\", buffer = \"64kB\" }",
                  "links.down.transport=seqpacket"});
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

/// The example under another name, with its declaration changed from `was` to `is`.
void make_plugin(const temp_folder& folder, const std::string& module, const std::string& was,
                 const std::string& is) {
  const fs::path examples(PEERNET_EXAMPLES);
  fs::copy_file(examples / "peernet-seqpacket.so", folder / "peernet-" + module + ".so");
  std::stringstream text;
  text << std::ifstream(examples / declaration).rdbuf();
  auto changed = text.str();
  BOOST_REQUIRE(holds(changed, was));
  for (auto at = changed.find(was); at != std::string::npos; at = changed.find(was, at + is.size()))
    changed.replace(at, was.size(), is);
  std::ofstream(folder / "peernet-" + module + ".toml") << changed;
}

} // namespace

BOOST_AUTO_TEST_SUITE(own_plugins_test)

BOOST_AUTO_TEST_CASE(a_run_goes_over_a_transport_that_peernet_does_not_bring) {
  const plugin_path path(PEERNET_EXAMPLES);
  run_process run(echo_scenario, over_seqpacket());
  run.expect_end(0, one_each);
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes WHERE outcome = 'delivered'") == 100);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM links WHERE transport = 'seqpacket' AND sent = 100 "
                       "AND delivered = 100") == 2);
  BOOST_TEST(holds(run.result_file("scenario.toml"), "buffer = \"64kB\""));
  BOOST_TEST(holds(run.result_file("scenario.toml"), "buffer = \"200kB\"")); // its default
}

BOOST_AUTO_TEST_CASE(a_check_knows_what_was_declared) {
  const plugin_path path(PEERNET_EXAMPLES);
  run_process right(echo_scenario, over_seqpacket({"--check"}));
  BOOST_TEST(right.exit_code() == 0, right.err());
  BOOST_TEST(holds(right.out(), "seqpacket"), right.out());
  const auto refused = [](const std::vector<std::string>& more, const std::string& words) {
    run_process wrong(echo_scenario, over_seqpacket(more));
    BOOST_TEST(wrong.exit_code() == 2);
    BOOST_TEST(holds(wrong.err(), words), wrong.err());
    BOOST_TEST(!wrong.had_nodes());
  };
  refused({"--set", "links.up.transport.buffer=1B"}, "from 4kB to 64MB");
  refused({"--set", "links.up.transport.bufer=1B"}, "did you mean \"buffer\"?");
  refused({"--set", "links.up.impair={ loss = \"1%\" }"}, "retransmits");
  refused({"--set", "nodes.cloud.host=10.0.0.5"}, "works within one machine only");
}

BOOST_AUTO_TEST_CASE(a_transport_that_nobody_declares_is_no_transport) {
  run_process run(echo_scenario, over_seqpacket());
  BOOST_TEST(run.exit_code() == 2);
  BOOST_TEST(holds(run.err(), "there is no transport \"seqpacket\""), run.err());
}

BOOST_AUTO_TEST_CASE(a_declaration_without_its_library_is_told_at_the_links_key) {
  const temp_folder folder;
  fs::copy_file(fs::path(PEERNET_EXAMPLES) / declaration, folder / declaration);
  const plugin_path path(folder.path().string());
  for (const bool check : {true, false}) {
    run_process run(echo_scenario, over_seqpacket(check ? std::vector<std::string>{"--check"}
                                                        : std::vector<std::string>{}));
    BOOST_TEST(run.exit_code() == 2);
    BOOST_TEST(holds(run.err(), "links.up.transport: "), run.err());
    BOOST_TEST(holds(run.err(), "no peernet-seqpacket.so in " + folder.path().string()), run.err());
  }
}

BOOST_AUTO_TEST_CASE(a_library_and_a_declaration_that_disagree_are_told_before_anything_runs) {
  const auto refused = [](const std::string& module, const std::string& was, const std::string& is,
                          const std::string& transport, const std::string& words) {
    const temp_folder folder;
    make_plugin(folder, module, was, is);
    const plugin_path path(folder.path().string());
    run_process run(echo_scenario, set({"links.up.transport=" + transport}));
    BOOST_TEST((run.exit_code() == 1 || run.exit_code() == 2));
    BOOST_TEST(holds(run.err(), "links.up"), run.err());
    BOOST_TEST(holds(run.err(), words), run.err());
    BOOST_TEST(!run.results());
  };
  refused("radio", "transports.seqpacket", "transports.radio", "radio",
          "plugin 'radio' is declared to bring the transport type \"radio\", and does not register "
          "it; mend peernet-radio.toml");
  refused("seqpacket", "kind = \"size\", default = \"200kB\", min = \"4kB\", max = \"64MB\"",
          "kind = \"text\", default = \"much\"", "seqpacket",
          "it reads its key \"buffer\", which is declared as another kind");
}

BOOST_AUTO_TEST_CASE(a_library_that_nothing_declares_is_told) {
  const temp_folder folder;
  fs::copy_file(fs::path(PEERNET_EXAMPLES) / "peernet-seqpacket.so",
                folder / "peernet-seqpacket.so");
  const plugin_path path(folder.path().string());
  run_process run(echo_scenario, over_seqpacket());
  BOOST_TEST(run.exit_code() == 2);
  BOOST_TEST(holds(run.err(), folder / "peernet-seqpacket.so: error: nothing declares"), run.err());
  BOOST_TEST(holds(run.err(), "put peernet-seqpacket.toml beside it"), run.err());
  BOOST_TEST(!run.had_nodes());
}

BOOST_AUTO_TEST_CASE(a_wrong_declaration_is_told_with_its_place) {
  const temp_folder folder;
  std::ofstream(folder / declaration) << "[transports.seqpacket]\nreliabel = true\n";
  const plugin_path path(folder.path().string());
  run_process run(echo_scenario);
  BOOST_TEST(run.exit_code() == 2);
  BOOST_TEST(holds(run.err(), folder / declaration + ":2:1: error: unknown key \"reliabel\""),
             run.err());
  BOOST_TEST(holds(run.err(), "did you mean \"reliable\"?"), run.err());
}

BOOST_AUTO_TEST_CASE(on_another_machine_its_owner_allows_it) {
  const plugin_path path(PEERNET_EXAMPLES);
  const auto lab = machines::make_strangers({"robot", "cloud"});
  if (!lab)
    return;
  lab->introduce();
  auto& cloud = (*lab)["cloud"];
  const std::vector<std::string> allowed{"--allow-plugins", PEERNET_EXAMPLES};
  cloud.start_daemon(allowed);
  const std::vector<std::string> across{"links.across.transport=seqpacket"};
  {
    const auto second = cloud.start_second_daemon(); // which allows none
    auto run = lab->run_on_both_daemons(relay_scenario, across);
    BOOST_TEST(run.exit_code() == 2, run.err());
    BOOST_TEST(holds(run.err(), "edge"), run.err());
    BOOST_TEST(holds(run.err(), "there is no transport \"seqpacket\""), run.err());
    await_that("both are free", [&] { return cloud.workers().empty(); });
  }
  cloud.start_daemon(allowed); // it bears the mark that the second one's end took away
  const auto second = cloud.start_second_daemon(allowed);
  auto run = lab->run_on_both_daemons(relay_scenario, across);
  run.expect_end(0, one_each);
  BOOST_TEST(run.database().number("SELECT delivered FROM links WHERE transport = 'seqpacket'") ==
             20);
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// Whatever is wrong with a scenario or a command line is said, with its place, and nothing is
// started.
#include "tests/support/run_process.hpp"
#include "tests/support/run_scenarios.hpp"
#include "tests/support/skip.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace peernet;

namespace {

/// One slip in the echo scenario: `was` becomes `is`. The message must name the place before which
/// `is` has a ^ (no part of the scenario), and contain `said`.
struct slip {
  std::string name;
  std::string was, is;
  std::string said;
};

std::ostream& operator<<(std::ostream& out, const slip& s) {
  return out << s.name;
}

const std::vector<slip> slips{
    {"unknown key", R"(size = "1kB")", R"(^siez = "1kB")", R"(did you mean "size")"},
    {"unknown table", "[sinks.back]", "[^sink.back]", R"(did you mean "sinks")"},
    {"unknown sensor", R"("bytes")", R"(^"bites")", R"(did you mean "bytes")"},
    {"unknown model", R"("echo")", R"(^"ecko")", R"(did you mean "echo")"},
    {"unknown transport", "to = \"mirror\"", "to = \"mirror\"\ntransport = ^\"zmq-tpc\"",
     R"(did you mean "zmq-tcp")"},
    {"unknown codec", "to = \"mirror\"", "to = \"mirror\"\ncodec = ^\"jpg\"",
     R"(did you mean "jpeg")"},
    {"a codec behind one that packed", "to = \"mirror\"",
     "to = \"mirror\"\ncodec = [\"zstd\", ^\"jpeg\"]", "put jpeg in front"},
    {"bad unit", R"("1kB")", R"(^"1kg")", "sensors.probe.size"},
    {"bare number", R"(arrival = "closed-loop")", "rate = ^10", "sensors.probe.rate"},
    {"missing node", "[sinks.back]\nnode = \"robot\"", "[sinks.back]\nnode = ^\"rowboat\"",
     "there is no node"},
    {"no node given", "[sinks.back]\nnode = \"robot\"", "[sinks.^back]", "sinks.back.node"},
    {"dangling link", R"(to = "back")", R"(to = ^"bank")", R"(did you mean "back")"},
    {"cycle", "[links.down]", "[links.^round]\nfrom = \"mirror\"\nto = \"mirror\"\n[links.down]",
     "cycle"},
    {"link into a sensor", R"(to = "back")", R"(to = ^"probe")", "is a sensor"},
    {"the same ends twice", "[links.down]",
     "[links.^again]\nfrom = \"probe\"\nto = \"mirror\"\n[links.down]",
     "links.up has the same ends"},
    {"joining outputs", R"(to = "mirror")", R"(to = ^["mirror", "back"])", "links.up.to"},
    {"joining inputs", R"(from = "probe")", R"(from = ^["probe", "mirror"])", "links.up.from"},
    {"file not found", R"("echo")", "\"haar\"\npath = ^\"nowhere.xml\"", "nowhere.xml"},
    {"no TOML", "[nodes.cloud]", "[nodes.cloud^", "error: "},
    {"key twice", R"(size = "1kB")", "size = \"1kB\"\nsize = ^\"2kB\"", "error: "},
    {"unknown clock method", "[nodes.cloud]", "[clock]\nmethod = ^\"sistem\"\n[nodes.cloud]",
     R"(did you mean "system")"},
    {"half a step", "[nodes.cloud]", "[nodes.cloud]\ntest-clock = { ^step = { at = \"1s\" } }",
     "nodes.cloud.test-clock.step.by: is missing"},
    {"no samples", "samples = 100", "samples = ^0", "scenario.samples"},
};

/// The scenario with the slip, and "scenario.toml:12:8: ", the place that must be named.
struct slipped {
  std::string text, place;
};

slipped with(const slip& s) {
  std::string text(echo_scenario);
  const auto where = text.find(s.was);
  BOOST_REQUIRE_MESSAGE(where != std::string::npos, s.was << " is not in the scenario");
  text.replace(where, s.was.size(), s.is);
  const auto at = text.find('^');
  text.erase(at, 1);
  const auto before = text.substr(0, at);
  return {text,
          "scenario.toml:" + std::to_string(1 + std::count(before.begin(), before.end(), '\n')) +
              ":" + std::to_string(at - before.rfind('\n')) + ": "};
}

bool says(const run_process& run, const std::string& words) {
  return run.err().find(words) != std::string::npos;
}

/// Refused with exit code 2, and nothing was begun.
void expect_refused(run_process& run) {
  BOOST_TEST(run.exit_code() == 2, run.err());
  BOOST_TEST(!run.err().empty());
  BOOST_TEST(run.out() == "");
  BOOST_TEST(!run.had_nodes(), "a node was started");
  BOOST_TEST(run.members().empty());
  BOOST_TEST(!fs::exists(run.output()));
  BOOST_TEST(!fs::exists(run.folder() / "results"));
}

/// Loaded and refused by the node that should use it.
void expect_unloadable(run_process& run, const std::string& place, const std::string& words) {
  BOOST_TEST(run.exit_code() == 2, run.err());
  BOOST_TEST(says(run, place), run.err());
  BOOST_TEST(says(run, words), run.err());
  BOOST_TEST(run.members().empty());
  BOOST_TEST(!run.results());
}

std::function<void(const temp_folder&)> file(const std::string& name, const std::string& content) {
  return [=](const temp_folder& folder) { std::ofstream(folder / name) << content; };
}

} // namespace

BOOST_AUTO_TEST_SUITE(bad_input_test)

BOOST_DATA_TEST_CASE(a_slip_is_shown_at_its_place_and_nothing_starts, slips, s) {
  const auto [text, place] = with(s);
  run_process run({"scenario.toml"}, run_process::user::same, file("scenario.toml", text));
  expect_refused(run);
  BOOST_TEST(says(run, s.said), run.err());
  BOOST_TEST(says(run, place), place << " in\n" << run.err());
}

BOOST_AUTO_TEST_CASE(all_slips_are_shown_at_once) {
  auto text = std::string(echo_scenario);
  const std::vector<std::pair<std::string, std::string>> changes{
      {"size =", "siez ="}, {"echo", "ecko"}, {"to = \"back\"", "to = \"bank\""}};
  for (const auto& [was, is] : changes)
    text.replace(text.find(was), was.size(), is);
  run_process run({"scenario.toml"}, run_process::user::same, file("scenario.toml", text));
  expect_refused(run);
  for (const auto* words : {"siez", "ecko", "bank"})
    BOOST_TEST(says(run, words), run.err());
}

BOOST_AUTO_TEST_CASE(what_is_no_scenario_at_all_is_named) {
  struct bad_file {
    std::string content;
    std::string said;
  };
  const std::vector<bad_file> files{
      {"", "is empty"},
      {" \n\t\n", "is empty"},
      {std::string(10u << 20, '#'), "larger than"},
      {std::string("\x7f"
                   "ELF\x02\x01\x00\x00",
                   8),
       "binary"},
      {"name = \"\xff\xfe\"\n", "scenario.toml:1:9: error: is not UTF-8"},
  };
  for (const auto& f : files) {
    run_process run({"scenario.toml"}, run_process::user::same, file("scenario.toml", f.content));
    expect_refused(run);
    BOOST_TEST(says(run, "scenario.toml"), run.err());
    BOOST_TEST(says(run, f.said), run.err());
    BOOST_TEST(run.err().size() < 1000u);
  }
}

BOOST_AUTO_TEST_CASE(a_missing_file_and_a_folder_are_named) {
  run_process missing({"nowhere.toml"}, run_process::user::same);
  expect_refused(missing);
  BOOST_TEST(says(missing, "nowhere.toml"), missing.err());
  run_process folder({"."}, run_process::user::same);
  expect_refused(folder);
  BOOST_TEST(says(folder, "is a folder"), folder.err());
}

BOOST_AUTO_TEST_CASE(wrong_usage_is_refused) {
  run_process nothing({}, run_process::user::same);
  expect_refused(nothing);
  BOOST_TEST(says(nothing, "scenario"), nothing.err());
  const auto with_file = file("scenario.toml", std::string(echo_scenario));
  run_process unknown({"scenario.toml", "--fast"}, run_process::user::same, with_file);
  expect_refused(unknown);
  BOOST_TEST(says(unknown, "--fast"), unknown.err());
  run_process alone({"--fast"}, run_process::user::same);
  expect_refused(alone);
  BOOST_TEST(says(alone, "--fast"), alone.err());
  run_process valueless({"scenario.toml", "--set"}, run_process::user::same, with_file);
  expect_refused(valueless);
  run_process two({"scenario.toml", "scenario.toml"}, run_process::user::same, with_file);
  expect_refused(two);
}

BOOST_AUTO_TEST_CASE(a_model_that_cannot_be_loaded_is_shown_at_its_place) {
  const auto [haar, place] = with({"", "\"echo\"", "\"haar\"\npath = ^\"notes.xml\"", ""});
  const auto prepare = [&text = haar](const temp_folder& folder) {
    file("scenario.toml", text)(folder);
    file("notes.xml", "These are only notes.\n")(folder);
  };
  run_process run({"scenario.toml"}, run_process::user::same, prepare);
  expect_unloadable(run, place, "notes.xml");
  run_process check({"scenario.toml", "--check"}, run_process::user::same, prepare);
  expect_unloadable(check, place, "notes.xml");
}

BOOST_AUTO_TEST_CASE(a_torch_model_that_is_none_is_shown_at_its_place) {
  if (!fs::exists(PEERNET_BINARY_DIR "/lib/peernet/peernet-torch.so"))
    return skip_test("the LibTorch plugin is not built");
  const auto [torch, place] =
      with({"", "\"echo\"", "\"torchscript\"\npath = ^\"model.pt\"\nwidth = 8\nheight = 8", ""});
  run_process run({"scenario.toml"}, run_process::user::same,
                  [&text = torch](const temp_folder& folder) {
                    file("scenario.toml", text)(folder);
                    file("model.pt", "garbage\n")(folder);
                  });
  expect_unloadable(run, place, "model.pt");
}

BOOST_AUTO_TEST_CASE(check_prints_the_graph_and_leaves_nothing) {
  run_process run(echo_scenario, {"--check"});
  BOOST_TEST(run.exit_code() == 0, run.err());
  for (const auto* words : {"probe", "mirror", "back", "probe->mirror->back", "zmq-tcp"})
    BOOST_TEST(run.out().find(words) != std::string::npos, words);
  BOOST_TEST(run.members().empty());
  BOOST_TEST(!fs::exists(run.output()));
}

BOOST_AUTO_TEST_CASE(set_changes_keys_and_its_slips_are_shown) {
  run_process changes(echo_scenario, set({"links.up.transport=caf", "scenario.samples=7",
                                          "sensors.probe.size={ min = \"1B\", max = \"2B\" }"}));
  changes.expect_end(0, {{"probe", 1}});
  auto db = changes.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM samples") == 7);
  BOOST_TEST(db.number("SELECT MAX(bytes) FROM samples") <= 2);
  BOOST_TEST(db.text("SELECT transport FROM links WHERE name = 'up'") == "caf");

  for (const auto& [wrong, said] : std::vector<std::pair<std::string, std::string>>{
           {"links.up.transprot=caf", "--set links.up.transprot"},
           {"links.up.transport=cafe", "--set links.up.transport"},
           {"sensors.probe.size=5", "--set sensors.probe.size"},
           {"links.upp.transport=caf", "links.upp"},
           {"nonsense", "nonsense"}}) {
    run_process run(echo_scenario, set({wrong}));
    expect_refused(run);
    BOOST_TEST(says(run, said), run.err());
  }
}

BOOST_AUTO_TEST_CASE(results_that_have_no_place_are_wrong_usage) {
  for (const auto* output : {"scenario.toml", "", "/proc/nix"}) {
    run_process run({"scenario.toml", "--output", output}, run_process::user::same,
                    file("scenario.toml", std::string(echo_scenario)));
    expect_refused(run);
    BOOST_TEST(says(run, "--output"), run.err());
  }
}

BOOST_AUTO_TEST_CASE(results_that_may_not_be_written_are_wrong_usage_too) {
  if (::geteuid() != 0)
    return skip_test("this test needs root, to run as another user");
  run_process run({"scenario.toml", "--output", "locked"}, run_process::user::nobody,
                  [](const temp_folder& folder) {
                    file("scenario.toml", std::string(echo_scenario))(folder);
                    fs::create_directory(folder / "locked");
                    fs::permissions(folder / "locked", fs::perms{0555});
                    fs::permissions(folder.path(), fs::perms{0755});
                  });
  const auto code = run.exit_code();
  if (code == 126)
    return skip_test("another user may not enter the build folder");
  BOOST_TEST(code == 2, run.err());
  BOOST_TEST(says(run, "locked"), run.err());
  BOOST_TEST(says(run, "Permission denied"), run.err());
  BOOST_TEST(!run.had_nodes());
  BOOST_TEST(run.members().empty());
}

BOOST_AUTO_TEST_SUITE_END()

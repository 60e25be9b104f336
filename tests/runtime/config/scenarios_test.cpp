// SPDX-License-Identifier: MIT
// Every scenario that comes with PeerNet is right, and begins with the question it answers.
#include "runtime/config/network_trace.hpp"
#include "tests/runtime/config/base_scenario.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/why.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(scenarios_test)

BOOST_AUTO_TEST_CASE(every_shipped_scenario_is_right) {
  namespace fs = std::filesystem;
  const temp_folder folder; // with the video that tools/quickstart fetches
  fs::create_directories(folder / "scenarios");
  fs::create_directories(folder / ".cache");
  std::ofstream(folder / ".cache/vtest.avi") << "";
  int count = 0;
  for (const auto& entry : fs::directory_iterator(PEERNET_SOURCE_DIR "/scenarios")) {
    if (entry.path().extension() != ".toml")
      continue;
    ++count;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto name = entry.path().filename().string();
    const auto r = read_scenario_text(text, name, folder / "scenarios", {}, catalogue::builtin());
    BOOST_TEST(r.ok(), to_string(r.errors));
    const auto first_line = text.substr(0, text.find('\n'));
    BOOST_TEST(first_line.starts_with("# "), name);
    BOOST_TEST(first_line.find('?') != std::string::npos, name);
  }
  BOOST_TEST(count >= 4);
}

BOOST_AUTO_TEST_CASE(every_shipped_trace_is_right_and_says_that_it_is_made_up) {
  namespace fs = std::filesystem;
  int count = 0;
  for (const auto& entry : fs::directory_iterator(PEERNET_SOURCE_DIR "/scenarios")) {
    if (entry.path().extension() != ".csv")
      continue;
    ++count;
    const auto trace = network_trace::load(entry.path().string());
    BOOST_REQUIRE_MESSAGE(trace.ok(), why(trace));
    std::ifstream file(entry.path());
    std::string first;
    std::getline(file, first);
    BOOST_TEST(first.starts_with("# SYNTHETIC"), first);
  }
  BOOST_TEST(count >= 1);
}

BOOST_AUTO_TEST_SUITE_END()

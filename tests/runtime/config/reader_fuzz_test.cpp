// SPDX-License-Identifier: MIT
// Whatever a file holds, reading it ends, and ends in a scenario or in mistakes.
#include "runtime/core/random.hpp"
#include "tests/runtime/config/base_scenario.hpp"
#include "tests/support/temp_folder.hpp"

#include <array>
#include <fstream>

using namespace peernet;

namespace {

constexpr std::array<std::string_view, 42> scraps{"[",
                                                  "]",
                                                  "{",
                                                  "}",
                                                  "\"",
                                                  "'",
                                                  "\"\"\"",
                                                  "'''",
                                                  "=",
                                                  ".",
                                                  ",",
                                                  "\n",
                                                  "#",
                                                  "\\",
                                                  "\\u",
                                                  "[links.x]",
                                                  "0",
                                                  "-1",
                                                  "1e999",
                                                  "nan",
                                                  "true",
                                                  "{}",
                                                  "[]",
                                                  "\"0s\"",
                                                  "\"1e30h\"",
                                                  "\xff",
                                                  "\xc3",
                                                  "\t",
                                                  "\r",
                                                  "2020-01-01",
                                                  "count = 1000\n",
                                                  "pair = true\n",
                                                  "camera",
                                                  "robot",
                                                  "detector",
                                                  "a.b.c.d.e.f = 1\n",
                                                  "arrival = \"closed-loop\"\n",
                                                  "codec = \"jpeg\"\n",
                                                  "queue = { size = 1 }\n",
                                                  "9223372036854775807",
                                                  "to = \"detector\"\n",
                                                  "[[nodes]]\n"};

/// One to eight small changes anywhere in the text.
std::string mutated(std::string text, random_source& random) {
  const auto changes = random.between(1, 8);
  for (std::uint64_t i = 0; i < changes; ++i) {
    const auto at = random.between(0, text.size());
    const auto length = random.between(0, std::min<std::uint64_t>(40, text.size() - at));
    switch (random.between(0, 5)) {
    case 0:
      text.insert(at, scraps[random.between(0, scraps.size() - 1)]);
      break;
    case 1:
      text.erase(at, length);
      break;
    case 2:
      text.insert(random.between(0, text.size()), text.substr(at, length));
      break;
    case 3:
      if (at < text.size())
        text[at] = static_cast<char>(random.between(0, 255));
      break;
    case 4:
      text.replace(at, length, scraps[random.between(0, scraps.size() - 1)]);
      break;
    default:
      if (random.between(0, 19) == 0)
        text.resize(at);
    }
  }
  return text;
}

void check_outcome(const reading& r) {
  for (const auto& e : r.errors)
    BOOST_REQUIRE(!e.message.empty());
  if (!r.ok())
    return;
  const auto again = read_text(r.resolved);
  BOOST_REQUIRE_MESSAGE(again.ok(), to_string(again.errors) << r.resolved);
  BOOST_REQUIRE_MESSAGE(again.scenario == r.scenario, r.resolved);
}

} // namespace

BOOST_AUTO_TEST_SUITE(reader_fuzz_test)

BOOST_AUTO_TEST_CASE(ten_thousand_mutations_end_in_a_scenario_or_in_mistakes) {
  random_source random(20261123);
  int right = 0;
  for (int i = 0; i < 10'000; ++i) {
    auto text = mutated(std::string(base_text), random);
    BOOST_TEST_CONTEXT(text) {
      const auto r = read_text(text);
      check_outcome(r);
      right += r.ok();
    }
  }
  BOOST_TEST(right > 100); // the mutations are small enough to reach what lies behind the syntax
  BOOST_TEST(right < 9'000);
}

BOOST_AUTO_TEST_CASE(mutated_overrides_end_in_a_scenario_or_in_mistakes) {
  random_source random(7);
  for (int i = 0; i < 3'000; ++i) {
    const auto text = mutated("links.uplink.codec.quality=50", random);
    BOOST_TEST_CONTEXT(text) {
      check_outcome(read_text(base_text, {text}));
    }
  }
}

BOOST_AUTO_TEST_CASE(mutated_hosts_files_end_in_a_scenario_or_in_mistakes) {
  const temp_folder folder;
  const auto hosts = folder / "lab.toml";
  random_source random(11);
  int right = 0;
  for (int i = 0; i < 2'000; ++i) {
    const auto text = mutated("[cloud]\nhost = \"10.0.0.5:7447\"\naddresses = { lan = "
                              "\"10.0.0.5\" }\n[arm]\nstart = \"join\"\n",
                              random);
    std::ofstream(hosts) << text;
    BOOST_TEST_CONTEXT(text) {
      const auto r = read_scenario_text(base_text, "test.toml", ".", {}, catalogue::builtin(),
                                        {.hosts = hosts});
      check_outcome(r);
      right += r.ok();
    }
  }
  BOOST_TEST(right > 50);
  BOOST_TEST(right < 1'800);
}

BOOST_AUTO_TEST_CASE(the_largest_files_are_answered_too) {
  const auto filled = [](auto&& entry) {
    std::string text(base_text);
    for (int i = 0;; ++i) {
      const std::string next = entry(std::to_string(i));
      if (text.size() + next.size() > max_scenario_bytes)
        return text;
      text += next;
    }
  };
  const auto nodes = read_text(filled([](const auto& n) { return "[nodes.n" + n + "]\n"; }));
  BOOST_TEST(!nodes.ok());
  const auto dangling = read_text(filled([](const auto& n) {
    return "[links.l" + n + "]\nfrom = \"camera" + n + "\"\nto = \"actuator" + n + "\"\n";
  }));
  BOOST_TEST(dangling.errors.size() == mistakes::most_shown + 1);
  const auto chain = read_text(filled(
      [](const auto& n) { return "[inference.i" + n + "]\nnode = \"clou\"\nmodel = \"ech\"\n"; }));
  BOOST_TEST(chain.errors.size() == mistakes::most_shown + 1);
}

BOOST_AUTO_TEST_SUITE_END()

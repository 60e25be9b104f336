// SPDX-License-Identifier: MIT
// A scenario as a user, or a coordinator far away, writes it. What is valid is written back as
// something that reads the same.
#include "runtime/config/reader.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <string>

PEERNET_FUZZ_TARGET(scenario) {
  using namespace peernet;
  const reading_options elsewhere{.hosts = "", .look_for_files = false};
  const auto read = [&](std::string_view text) {
    return read_scenario_text(text, "fuzz.toml", "/", {}, catalogue::builtin(), elsewhere);
  };
  const auto first = read(text_of(bytes));
  if (!first)
    return;
  const auto second = read(first.resolved);
  must_hold(second.ok() && second.resolved == first.resolved);
}

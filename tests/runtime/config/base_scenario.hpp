// SPDX-License-Identifier: MIT
// One small right scenario that tests change in one spot, and what comes of reading it.
#pragma once

#include "runtime/config/reader.hpp"
#include "tests/runtime/config/base_text.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace peernet {

/// The base with `what`, which must be in it, replaced by `by`.
inline std::string base_with(std::string_view what, std::string_view by) {
  std::string text(base_text);
  const auto at = text.find(what);
  BOOST_REQUIRE_MESSAGE(at != std::string::npos, "the base scenario holds no " << what);
  return text.replace(at, what.size(), by);
}

inline reading read_text(std::string_view text, const std::vector<std::string>& overrides = {},
                         const std::string& directory = ".") {
  return read_scenario_text(text, "test.toml", directory, overrides, catalogue::builtin());
}

/// A scenario that must be right.
inline scenario read_right(std::string_view text, const std::vector<std::string>& overrides = {},
                           const std::string& directory = ".") {
  auto r = read_text(text, overrides, directory);
  BOOST_REQUIRE_MESSAGE(r.ok(), to_string(r.errors));
  return r.scenario;
}

/// Checks that there is exactly one mistake, in this place, whose message holds `fragment`.
inline void expect_one(const reading& r, std::uint32_t line, std::uint32_t column,
                       std::string_view fragment) {
  const auto all = to_string(r.errors);
  BOOST_TEST_CONTEXT(all) {
    BOOST_REQUIRE_EQUAL(r.errors.size(), 1u);
    BOOST_TEST(r.errors[0].where.line == line);
    BOOST_TEST(r.errors[0].where.column == column);
    BOOST_TEST(r.errors[0].message.find(fragment) != std::string::npos,
               "no \"" << fragment << "\" in it");
  }
}

} // namespace peernet

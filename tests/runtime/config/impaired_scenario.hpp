// SPDX-License-Identifier: MIT
// The base scenario with an impaired uplink, over a transport that does not retransmit or over one
// that does.
#pragma once

#include "tests/runtime/config/base_scenario.hpp"

#include <string>

namespace peernet {

/// Every type, and "lossy": a transport that does not retransmit.
inline const catalogue& with_lossy() {
  static const catalogue all = [] {
    auto c = catalogue::builtin();
    BOOST_REQUIRE(
        c.add({.kind = plugin_kind::transport, .name = "lossy", .doc = "loses samples"}).ok());
    return c;
  }();
  return all;
}

/// The base whose uplink has impair = { `keys` } in line 22.
inline std::string with_impair(const std::string& keys, const std::string& transport = "lossy") {
  return base_with("to = \"detector\"", "to = \"detector\"\nimpair = { " + keys +
                                            " }\ntransport = \"" + transport + "\"");
}

inline reading read_lossy(std::string_view text, const std::vector<std::string>& overrides = {},
                          const std::string& directory = ".") {
  return read_scenario_text(text, "test.toml", directory, overrides, with_lossy());
}

/// What is read of these keys, which must be right.
inline std::optional<impairment> impairment_by(const std::string& keys,
                                               const std::vector<std::string>& overrides = {}) {
  const auto r = read_lossy(with_impair(keys), overrides);
  BOOST_REQUIRE_MESSAGE(r.ok(), to_string(r.errors));
  return r.scenario.links.at(0).impair;
}

} // namespace peernet

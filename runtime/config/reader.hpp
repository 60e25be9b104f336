// SPDX-License-Identifier: MIT
// From a file to a scenario: checks the file, reads it, applies a hosts file and overrides, checks
// what it says.
// Either everything is right, or all mistakes come back at once and nothing is started.
#pragma once

#include "runtime/config/catalogue.hpp"
#include "runtime/config/diagnostic.hpp"
#include "runtime/config/scenario.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace peernet {

/// Larger scenario files are refused before they are read, bytes.
inline constexpr std::size_t max_scenario_bytes = 1u << 20;

/// What came of reading.
struct reading {
  peernet::scenario scenario;     ///< valid (validate.hpp), if there are no errors
  std::vector<diagnostic> errors; ///< in the order of the file
  std::string resolved;           ///< TOML with overrides and defaults filled in, if no errors
  std::vector<std::string> unused_hosts; ///< machines of the hosts file that play no node here
  sources places;                        ///< where its keys were written, for messages later on

  [[nodiscard]] bool ok() const noexcept { return errors.empty(); }
  explicit operator bool() const noexcept { return ok(); }
};

/// What else bears on reading a scenario.
struct reading_options {
  std::string hosts;          ///< `--hosts`: a hosts file (hosts_file.hpp); empty: none
  bool look_for_files = true; ///< false on a node: files of children are on another machine
};

/// Reads a scenario file. `overrides` are the texts behind `--set`, KEY=VALUE each. Files and
/// folders the scenario names are looked for relative to its own folder.
[[nodiscard]] reading read_scenario_file(const std::string& path,
                                         std::span<const std::string> overrides,
                                         const catalogue& known,
                                         const reading_options& settings = {});

/// The same from memory. `file` is for messages and the default name, `directory` is where relative
/// paths begin.
[[nodiscard]] reading read_scenario_text(std::string_view text, std::string file,
                                         std::string directory,
                                         std::span<const std::string> overrides,
                                         const catalogue& known,
                                         const reading_options& settings = {});

} // namespace peernet

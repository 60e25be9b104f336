// SPDX-License-Identifier: MIT
// From a file to a scenario: checks the file, reads it, applies overrides, checks what it says.
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
  sources places;                 ///< where its keys were written, for messages later on

  [[nodiscard]] bool ok() const noexcept { return errors.empty(); }
  explicit operator bool() const noexcept { return ok(); }
};

/// Reads a scenario file. `overrides` are the texts behind `--set`, KEY=VALUE each. Files and
/// folders the scenario names are looked for relative to its own folder.
[[nodiscard]] reading read_scenario_file(const std::string& path,
                                         std::span<const std::string> overrides,
                                         const catalogue& known);

/// The same from memory. `file` is for messages and the default name, `directory` is where relative
/// paths begin.
[[nodiscard]] reading read_scenario_text(std::string_view text, std::string file,
                                         std::string directory,
                                         std::span<const std::string> overrides,
                                         const catalogue& known);

} // namespace peernet

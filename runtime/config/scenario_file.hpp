// SPDX-License-Identifier: MIT
// The checks that the text of a scenario or a hosts file must pass before anyone looks at what it
// says: it is a file, small, not empty, and text.
#pragma once

#include "runtime/config/document.hpp"
#include "runtime/core/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace peernet {

/// The bytes of a regular file of at most max_scenario_bytes; a larger one is not read. The error's
/// message leaves the file's name to the caller; `what` it should be is told there.
[[nodiscard]] result<std::string> load_small_text(const std::string& path,
                                                  const std::string& what = "scenario file");

/// The first reason why `text` cannot be that: empty, too large, a zero byte, not UTF-8.
[[nodiscard]] std::optional<syntax_error> check_text(std::string_view text,
                                                     const std::string& what = "scenario file");

} // namespace peernet

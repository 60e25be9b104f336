// SPDX-License-Identifier: MIT
// The table `impair` of a link, from and to TOML. What must hold between it and the rest of the
// scenario is impair_check.hpp's business.
#pragma once

#include "runtime/config/fields.hpp"
#include "runtime/config/impairment.hpp"

#include <optional>
#include <string>

namespace peernet {

/// Reads the table: what the profile says, if one is named, overridden by every key that is
/// written. Nothing if that does nothing to any sample, as an empty table does. Mistakes go to the
/// collector of `f`.
[[nodiscard]] std::optional<impairment> read_impairment(fields f);

/// As TOML, everything written out; `read_impairment` brings it back exactly.
[[nodiscard]] std::string print_impairment(const impairment& i);

/// For people, what it does: "delay 20ms ± 4ms normal, loss 1%".
[[nodiscard]] std::string show_impairment(const impairment& i);

} // namespace peernet

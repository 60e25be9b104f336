// SPDX-License-Identifier: MIT
// "Did you mean …?": finds the valid name closest to a mistyped one.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace peernet {

/// The candidate with the smallest edit distance (insert, delete, replace, swap of neighbours), or
/// an empty string when none is near enough to be what was meant: more than a third of the longer
/// name differs.
[[nodiscard]] std::string nearest_name(std::string_view wrong,
                                       std::span<const std::string> candidates);

} // namespace peernet

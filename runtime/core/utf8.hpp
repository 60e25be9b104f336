// SPDX-License-Identifier: MIT
// The one strict look at UTF-8: texts come from users, files and networks, and go to terminals and
// files.
#pragma once

#include <cstddef>
#include <string_view>

namespace peernet {

/// Bytes, 1 to 4, of the character that `text` begins with; 0 if it begins with none: empty, cut
/// short, overlong, a surrogate, above U+10FFFF.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

} // namespace peernet

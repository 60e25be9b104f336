// SPDX-License-Identifier: MIT
// The one strict look at UTF-8: texts come from users, files and networks, and go to terminals and
// files.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace peernet {

/// Bytes, 1 to 4, of the character that `text` begins with; 0 if it begins with none: empty, cut
/// short, overlong, a surrogate, above U+10FFFF.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

/// `text` from a stranger, fit for one line of a terminal or log: control characters and what is no
/// UTF-8 become "?", and it ends after 500 bytes.
[[nodiscard]] std::string printable(std::string_view text);

} // namespace peernet

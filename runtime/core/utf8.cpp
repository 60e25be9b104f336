// SPDX-License-Identifier: MIT
#include "runtime/core/utf8.hpp"

namespace peernet {

std::size_t utf8_length(std::string_view text) noexcept {
  if (text.empty())
    return 0;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto lead = at(0);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 0 || length > text.size())
    return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(i) & 0xC0) != 0x80)
      return 0;
  const bool overlong = (lead == 0xE0 && at(1) < 0xA0) || (lead == 0xF0 && at(1) < 0x90);
  const bool no_character = (lead == 0xED && at(1) > 0x9F) || (lead == 0xF4 && at(1) > 0x8F);
  return overlong || no_character ? 0 : length;
}

std::string printable(std::string_view text) {
  constexpr std::size_t longest = 500;
  std::string line;
  while (!text.empty() && line.size() < longest) {
    const auto n = utf8_length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    // C1 controls (U+0080 to U+009F) drive terminals, too.
    const auto control = first < 0x20 || first == 0x7F ||
                         (n == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0);
    if (n == 0 || control)
      line += '?';
    else
      line += text.substr(0, n);
    text.remove_prefix(n == 0 ? 1 : n);
  }
  return text.empty() ? line : line + "…";
}

} // namespace peernet

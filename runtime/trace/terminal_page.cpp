// SPDX-License-Identifier: MIT
#include "runtime/trace/terminal_page.hpp"

#include "runtime/core/units.hpp"

namespace peernet {

void terminal_page::sentence(std::string_view mark, std::string_view words) {
  std::string line(mark);
  bool begun = false;
  for (std::size_t at = 0; at < words.size();) {
    const auto blank = std::min(words.find(' ', at), words.size());
    const auto word = words.substr(at, blank - at);
    if (begun && columns_of(line) + 1 + columns_of(word) > width) {
      print("{}\n", line);
      line = "   ";
      begun = false;
    }
    line += (begun ? " " : "") + std::string(word);
    begun = true;
    at = blank + 1;
  }
  print("{}\n", line);
}

std::string terminal_page::text() const {
  std::string clean;
  for (const char c : std::string_view(text_.data(), text_.size())) {
    if (c == '\n')
      clean.erase(clean.find_last_not_of(' ') + 1);
    clean += c;
  }
  return clean;
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string clip(const std::string& text, std::size_t columns) {
  if (columns_of(text) <= columns)
    return text;
  std::size_t keep = 0;
  for (std::size_t seen = 0; keep < text.size(); ++keep)
    if ((static_cast<unsigned char>(text[keep]) & 0xC0) != 0x80 && ++seen == columns)
      break;
  return text.substr(0, keep) + "…";
}

std::string shown(const std::optional<std::int64_t>& ns) {
  return ns ? show_duration(duration{*ns}) : std::string(no_figure);
}

std::string shown(const std::optional<std::uint64_t>& count) {
  return count ? std::to_string(*count) : std::string(no_figure);
}

} // namespace peernet

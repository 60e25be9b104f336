// SPDX-License-Identifier: MIT
// What the summary of a run is written on: lines for a terminal of 100 columns, and what its tables
// have in common. Texts are UTF-8; a character takes one column.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace peernet {

/// Lines one below the other. Thread: one at a time.
class terminal_page {
public:
  static constexpr std::size_t width = 100; ///< columns

  template <class... Args>
  void print(fmt::format_string<Args...> text, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), text, std::forward<Args>(args)...);
  }

  /// A sentence behind a mark, broken between words; a word that is wider than the page is not.
  void sentence(std::string_view mark, std::string_view words);

  /// All of it, without blanks at the ends of lines.
  [[nodiscard]] std::string text() const;

private:
  fmt::memory_buffer text_;
};

inline constexpr std::size_t name_width = 16; ///< at most, of a column of places
inline constexpr std::size_t step_width = 13; ///< of a column of steps
inline constexpr std::string_view no_figure = "–";

/// Columns that a text takes.
[[nodiscard]] std::size_t columns_of(std::string_view text);

/// The text, or as much of it as leaves room for a "…" in `columns`.
[[nodiscard]] std::string clip(const std::string& text, std::size_t columns);

/// What the figure is, or `no_figure`.
[[nodiscard]] std::string shown(const std::optional<std::int64_t>& ns);
[[nodiscard]] std::string shown(const std::optional<std::uint64_t>& count);

/// Columns that the widest of `name(row)` takes, from `least` to `most`.
template <class Rows, class Name>
[[nodiscard]] std::size_t widest(const Rows& rows, Name name, std::size_t least, std::size_t most) {
  std::size_t columns = least;
  for (const auto& r : rows)
    columns = std::max(columns, columns_of(name(r)));
  return std::min(columns, most);
}

} // namespace peernet

// SPDX-License-Identifier: MIT
// A TOML text as a plain tree in which every key and value knows its place. document.cpp is the
// only file that touches the TOML library; what the keys mean is reader.cpp's business.
#pragma once

#include "runtime/config/diagnostic.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace peernet {

struct document_value;
struct document_entry;

/// Keys in the order of the text.
struct document_table {
  std::vector<document_entry> entries;

  [[nodiscard]] document_entry* find(std::string_view key);
  [[nodiscard]] const document_entry* find(std::string_view key) const;
};

using document_list = std::vector<document_value>;

/// A date or time: TOML has them, scenarios do not.
struct document_date {};

struct document_value {
  std::variant<bool, std::int64_t, double, std::string, document_list, document_table,
               document_date>
      data;
  origin where;

  template <class T>
  [[nodiscard]] const T* as() const {
    return std::get_if<T>(&data);
  }
  template <class T>
  [[nodiscard]] T* as() {
    return std::get_if<T>(&data);
  }
};

struct document_entry {
  std::string key;
  origin where; ///< the key's place
  document_value value;
};

/// What a value is, for messages: "a text", "a table".
[[nodiscard]] std::string_view kind_of(const document_value& value);

/// The first mistake of a text that is no TOML.
struct syntax_error {
  source_place where;
  std::string message;
};

/// A key of more parts ("a.b.c…") is refused: no scenario needs it, and endless ones exhaust the
/// stack.
inline constexpr int max_key_parts = 16;

/// Tables and lists inside each other are refused from here on, for the same reason.
inline constexpr int max_nesting = 32;

/// Reads `text`, UTF-8; `source` goes into every origin.
[[nodiscard]] std::variant<document_table, syntax_error> parse_document(std::string_view text,
                                                                        std::uint32_t source);

} // namespace peernet

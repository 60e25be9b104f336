// SPDX-License-Identifier: MIT
// The one file that includes the TOML library; its exceptions end here.
#include "runtime/config/document.hpp"

#include "runtime/core/utf8.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

namespace peernet {

namespace {

source_place place_of(const toml::source_position& p) {
  return {p.line, p.column};
}

class converter {
public:
  explicit converter(std::uint32_t source) : source_(source) {}

  document_value convert(const toml::node& node, int depth = 0);

  /// The first place that lies too deep; what is inside is left out.
  [[nodiscard]] const std::optional<source_place>& too_deep() const { return too_deep_; }

private:
  document_table convert(const toml::table& table, int depth);

  std::uint32_t source_;
  std::optional<source_place> too_deep_;
};

document_table converter::convert(const toml::table& table, int depth) {
  document_table t;
  for (const auto& [key, value] : table)
    t.entries.push_back({std::string(key.str()),
                         {place_of(key.source().begin), source_},
                         convert(value, depth + 1)});
  std::sort(t.entries.begin(), t.entries.end(), [](const auto& a, const auto& b) {
    return std::tie(a.where.where.line, a.where.where.column) <
           std::tie(b.where.where.line, b.where.where.column);
  });
  return t;
}

document_value converter::convert(const toml::node& node, int depth) {
  document_value v{{}, {place_of(node.source().begin), source_}};
  if (depth > max_nesting) {
    too_deep_ = too_deep_.value_or(v.where.where);
  } else if (const auto* table = node.as_table()) {
    v.data = convert(*table, depth);
  } else if (const auto* array = node.as_array()) {
    document_list list;
    for (const auto& element : *array)
      list.push_back(convert(element, depth + 1));
    v.data = std::move(list);
  } else if (const auto* text = node.as_string()) {
    v.data = text->get();
  } else if (const auto* integer = node.as_integer()) {
    v.data = integer->get();
  } else if (const auto* number = node.as_floating_point()) {
    v.data = number->get();
  } else if (const auto* flag = node.as_boolean()) {
    v.data = flag->get();
  } else {
    v.data = document_date{};
  }
  return v;
}

/// Finds the first key with too many parts. The library follows dotted keys by recursion without a
/// limit, so this must come before it. Texts and comments are stepped over.
std::optional<source_place> overlong_key(std::string_view text) {
  source_place here{1, 1};
  int parts = 1;
  std::size_t i = 0;
  const auto step = [&](std::size_t n) {
    for (; n > 0 && i < text.size(); --n, ++i)
      if (text[i] == '\n')
        here = {here.line + 1, 1};
      else if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80)
        ++here.column;
  };
  const auto at = [&](std::string_view what) { return text.substr(i).starts_with(what); };
  while (i < text.size()) {
    const char c = text[i];
    if (at("\"\"\"") || at("'''")) {
      const auto quotes = text.substr(i, 3);
      for (step(3); i < text.size() && !at(quotes);)
        step(c == '"' && text[i] == '\\' ? 2 : 1);
      for (step(3); i < text.size() && text[i] == c;)
        step(1); // a text may end in quotes of its own
    } else if (c == '"' || c == '\'') {
      for (step(1); i < text.size() && text[i] != c && text[i] != '\n';)
        step(c == '"' && text[i] == '\\' ? 2 : 1);
      step(1);
    } else if (c == '#') {
      while (i < text.size() && text[i] != '\n')
        step(1);
    } else {
      if (c == '.' && ++parts > max_key_parts)
        return here;
      if (std::string_view(",=[]{}\n").find(c) != std::string_view::npos)
        parts = 1;
      step(1);
    }
  }
  return {};
}

} // namespace

document_entry* document_table::find(std::string_view key) {
  const auto it = std::find_if(entries.begin(), entries.end(),
                               [&](const document_entry& e) { return e.key == key; });
  return it == entries.end() ? nullptr : &*it;
}

const document_entry* document_table::find(std::string_view key) const {
  return const_cast<document_table*>(this)->find(key);
}

std::string_view kind_of(const document_value& value) {
  static constexpr std::array<std::string_view, 7> names{
      "true or false", "a whole number", "a number", "a text", "a list", "a table", "a date"};
  return names[value.data.index()];
}

std::variant<document_table, syntax_error> parse_document(std::string_view text,
                                                          std::uint32_t source) {
  if (const auto where = overlong_key(text))
    return syntax_error{*where, "a key has more than " + std::to_string(max_key_parts) + " parts"};
  try {
    const auto table = toml::parse(text);
    converter tree(source);
    auto root = tree.convert(table);
    if (const auto where = tree.too_deep())
      return syntax_error{*where, "tables and lists are nested more than " +
                                      std::to_string(max_nesting) + " deep"};
    return std::move(*root.as<document_table>());
  } catch (const toml::parse_error& e) {
    return syntax_error{place_of(e.source().begin), printable(e.description())};
  }
}

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "runtime/config/overrides.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace peernet {

namespace {

/// Sections whose entries have names of the user's own.
constexpr std::array<std::string_view, 5> named_sections{"nodes", "sensors", "inference", "sinks",
                                                         "links"};

/// The parts of a dotted key; none if it is no key.
std::vector<std::string> parts_of(std::string_view key) {
  const auto parsed = parse_document(std::string(key) + " = 0", 0);
  std::vector<std::string> parts;
  const auto* table = std::get_if<document_table>(&parsed);
  while (table && table->entries.size() == 1) {
    parts.push_back(table->entries.front().key);
    table = table->entries.front().value.as<document_table>();
  }
  return parts;
}

/// Takes the places away: they count within the override, not in the file.
void forget_places(document_value& value) {
  value.where.where = {};
  if (auto* list = value.as<document_list>()) {
    for (auto& element : *list)
      forget_places(element);
  } else if (auto* table = value.as<document_table>()) {
    for (auto& entry : table->entries) {
      entry.where.where = {};
      forget_places(entry.value);
    }
  }
}

document_value value_of(std::string_view text, std::uint32_t source) {
  document_value value{std::string(text), {{}, source}};
  auto parsed = parse_document("value = " + std::string(text), source);
  if (auto* table = std::get_if<document_table>(&parsed);
      table && table->entries.size() == 1 && table->entries.front().key == "value")
    value = std::move(table->entries.front().value);
  forget_places(value);
  return value;
}

std::string joined(const std::vector<std::string>& parts, std::size_t n) {
  std::string text;
  for (std::size_t i = 0; i < n; ++i)
    text += (i ? "." : "") + parts[i];
  return text;
}

/// The table that holds the last part, made where it may be; null after a mistake.
document_table* parent_of(document_table& root, const std::vector<std::string>& parts, origin here,
                          mistakes& wrong) {
  const bool named = std::find(named_sections.begin(), named_sections.end(), parts.front()) !=
                     named_sections.end();
  auto* table = &root;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    auto* entry = table->find(parts[i]);
    if (!entry && i == 1 && named) {
      std::vector<std::string> names;
      for (const auto& e : table->entries)
        names.push_back(e.key);
      wrong.add(here, "there is no " + joined(parts, i + 1) + wrong.hint(parts[i], names));
      return nullptr;
    }
    if (!entry) {
      table->entries.push_back({parts[i], here, {document_table{}, here}});
      entry = &table->entries.back();
    }
    const bool typed = parts[i] == "codec" || parts[i] == "transport";
    if (auto* short_form = entry->value.as<std::string>(); short_form && typed) {
      document_table long_form; // codec = "jpeg" means { type = "jpeg" }
      long_form.entries.push_back({"type", entry->where, {*short_form, entry->value.where}});
      entry->value.data = std::move(long_form);
    }
    table = entry->value.as<document_table>();
    if (!table) {
      const auto key = joined(parts, i + 1);
      const bool several = typed && entry->value.as<document_list>();
      wrong.add(here, key + " is " + std::string(kind_of(entry->value)) +
                          ": nothing can be set inside it" +
                          (several ? "; set the whole of it, for example --set '" + key +
                                         "=[{ type = \"resize\", factor = 0.5 }, \"jpeg\"]'"
                                   : ""));
      return nullptr;
    }
  }
  return table;
}

void apply(document_table& root, std::string_view text, sources& places, mistakes& wrong) {
  const auto equals = text.find('=');
  const auto key = text.substr(0, equals);
  const origin here{{}, places.add_override(key)};
  const auto parts = parts_of(key);
  if (equals == std::string_view::npos || parts.empty()) {
    wrong.add(here, "write --set KEY=VALUE with a dotted key, for example "
                    "--set links.uplink.transport=caf");
    return;
  }
  auto* table = parent_of(root, parts, here, wrong);
  if (!table)
    return;
  auto value = value_of(text.substr(equals + 1), here.source);
  for (const auto& [set, other] : {std::pair{"duration", "samples"}, {"samples", "duration"}})
    if (parts.size() == 2 && parts.front() == "scenario" && parts.back() == set)
      std::erase_if(table->entries, [&, o = other](const auto& e) { return e.key == o; });
  document_entry changed{parts.back(), here, std::move(value)};
  if (auto* entry = table->find(parts.back()))
    *entry = std::move(changed);
  else
    table->entries.push_back(std::move(changed));
}

} // namespace

void apply_overrides(document_table& root, std::span<const std::string> overrides, sources& places,
                     mistakes& wrong) {
  for (const auto& text : overrides)
    apply(root, text, places, wrong);
}

} // namespace peernet

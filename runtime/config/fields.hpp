// SPDX-License-Identifier: MIT
// Takes the keys out of one table of a scenario, one by one, each checked against its declaration;
// what nobody took in the end is an unknown key. Mistakes go to the collector, and reading goes on.
#pragma once

#include "runtime/config/catalogue.hpp"
#include "runtime/config/diagnostic.hpp"
#include "runtime/config/document.hpp"
#include "runtime/config/words.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace peernet {

/// The table that is an entry's value; null, after a mistake that shows the right `form`, if it is
/// something else.
const document_table* table_of(const document_entry& e, const std::string& path,
                               std::string_view form, mistakes& wrong);

class fields {
public:
  /// `path` names the table in messages. All must outlive this.
  fields(const document_table& table, std::string path, origin where, mistakes& wrong)
      : table_(table), path_(std::move(path)), where_(where), wrong_(wrong) {}

  /// The entry of a key, which is known from now on; null if it was not written.
  const document_entry* take(std::string_view key);

  /// A key's value, if it was written and is right. A required key that is missing is a mistake.
  template <class T>
  std::optional<T> take(const option_def& def) {
    auto value = take_value(def);
    return value ? std::optional<T>(std::get<T>(std::move(*value))) : std::nullopt;
  }

  /// The same for a key of any kind.
  std::optional<option_value> take_value(const option_def& def);

  /// Like `take`, into `to`; true if it was written, right or wrong.
  template <class T, class To>
  bool read(const option_def& def, To& to) {
    if (const auto value = take<T>(def))
      to = static_cast<To>(*value);
    return table_.find(def.name) != nullptr;
  }

  /// A table inside this one, or nothing (after a mistake if it is something else).
  std::optional<fields> inner(std::string_view key, std::string_view form);

  /// One of a choice's words. False if something else was written.
  template <class Choice>
  bool read_word(std::string_view key, Choice& to) {
    const auto* entry = take(key);
    if (!entry)
      return true;
    std::vector<std::string> valid;
    for (const auto& [choice, text] : words<Choice>::table) {
      if (const auto* written = entry->value.as<std::string>(); written && *written == text) {
        to = choice;
        return true;
      }
      valid.emplace_back(text);
    }
    not_a_word(*entry, valid);
    return false;
  }

  /// The type that `key` names, or else the one `type` names already; null after a mistake.
  const catalogue_entry* read_type(const catalogue& known, plugin_kind kind, std::string_view key,
                                   std::string& type);

  /// The type's own keys, defaults filled in. Of a null type the keys cannot be told from mistakes:
  /// then `finish` leaves unknown keys alone.
  void read_options(const catalogue_entry* type, options& settings);

  /// Complains about every key that nobody took.
  void finish();

  [[nodiscard]] const document_table& table() const noexcept { return table_; }
  [[nodiscard]] std::string path(std::string_view key) const;
  [[nodiscard]] origin where() const noexcept { return where_; }

  /// A mistake in the value of `key`, or in the table if the key was not written.
  void complain(std::string_view key, std::string message);

private:
  void not_a_word(const document_entry& entry, const std::vector<std::string>& valid);

  const document_table& table_;
  std::string path_;
  origin where_;
  mistakes& wrong_;
  std::vector<std::string> known_;
  bool any_key_ = false;
};

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "runtime/config/fields.hpp"

#include <algorithm>

namespace peernet {

namespace {

/// Keys that people look for, and what to do instead.
std::string_view advice(std::string_view key) {
  if (key == "join" || key == "inputs")
    return "joining several inputs into one is not supported: links that meet at a stage merge, "
           "and each arrival is processed by itself";
  return {};
}

} // namespace

const document_table* table_of(const document_entry& e, const std::string& path,
                               std::string_view form, mistakes& wrong) {
  const auto* table = e.value.as<document_table>();
  if (!table)
    wrong.add(e.value.where, path + ": must be a table, " + std::string(form) + ", not " +
                                 std::string(kind_of(e.value)));
  return table;
}

std::optional<fields> fields::inner(std::string_view key, std::string_view form) {
  const auto* entry = take(key);
  const auto* table = entry ? table_of(*entry, path(key), form, wrong_) : nullptr;
  return table ? std::optional<fields>(std::in_place, *table, path(key), entry->where, wrong_)
               : std::nullopt;
}

std::string fields::path(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

const document_entry* fields::take(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end())
    known_.emplace_back(key);
  return table_.find(key);
}

void fields::complain(std::string_view key, std::string message) {
  const auto* entry = table_.find(key);
  wrong_.add(entry ? entry->value.where : where_, path(key) + ": " + std::move(message));
}

std::optional<option_value> fields::take_value(const option_def& def) {
  const auto* entry = take(def.name);
  if (!entry) {
    if (def.required)
      complain(def.name, "is missing" + (def.doc.empty() ? "" : " (" + def.doc + ")"));
    return def.otherwise;
  }
  auto value = read_value(def, entry->value);
  if (value)
    return std::move(*value);
  complain(def.name, value.error().message);
  return {};
}

void fields::not_a_word(const document_entry& entry, const std::vector<std::string>& valid) {
  const auto* written = entry.value.as<std::string>();
  if (!written)
    complain(entry.key, "must be a text in quotes, not " + std::string(kind_of(entry.value)) +
                            wrong_.hint({}, valid));
  else
    complain(entry.key, "there is no \"" + *written + "\"" + wrong_.hint(*written, valid));
}

const catalogue_entry* fields::read_type(const catalogue& known, plugin_kind kind,
                                         std::string_view key, std::string& type) {
  const auto what = std::string(to_string(kind));
  if (const auto* entry = take(key)) {
    const auto* written = entry->value.as<std::string>();
    if (!written) {
      complain(key, "must be the name of a " + what + " in quotes, not " +
                        std::string(kind_of(entry->value)));
      return nullptr;
    }
    type = *written;
  } else if (type.empty()) {
    complain(key, "is missing: the name of a " + what + wrong_.hint({}, known.names(kind)));
    return nullptr;
  }
  const auto* found = known.find(kind, type);
  if (!found)
    complain(key,
             "there is no " + what + " \"" + type + "\"" + wrong_.hint(type, known.names(kind)));
  return found;
}

void fields::read_options(const catalogue_entry* type, options& settings) {
  any_key_ = type == nullptr;
  if (type)
    for (const auto& def : type->options)
      if (auto value = take_value(def))
        settings.set(def.name, std::move(*value));
}

void fields::finish() {
  if (any_key_)
    return;
  for (const auto& entry : table_.entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end())
      continue;
    const auto special = advice(entry.key);
    wrong_.add(entry.where, special.empty() ? "unknown key \"" + entry.key + "\" in " +
                                                  (path_.empty() ? "the file" : "[" + path_ + "]") +
                                                  wrong_.hint(entry.key, known_)
                                            : path(entry.key) + ": " + std::string(special));
  }
}

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "runtime/config/declared_types.hpp"

#include "runtime/config/fields.hpp"
#include "runtime/config/scenario_file.hpp"
#include "runtime/config/validate.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <system_error>

namespace peernet {

namespace fs = std::filesystem;

/// What an author calls the kinds of keys.
template <>
struct words<option_kind> {
  static constexpr std::array table{
      std::pair{option_kind::flag, "flag"},       std::pair{option_kind::integer, "integer"},
      std::pair{option_kind::number, "number"},   std::pair{option_kind::text, "text"},
      std::pair{option_kind::file, "file"},       std::pair{option_kind::folder, "folder"},
      std::pair{option_kind::output, "output"},   std::pair{option_kind::media, "media"},
      std::pair{option_kind::sensor, "sensor"},   std::pair{option_kind::time_span, "duration"},
      std::pair{option_kind::rate, "rate"},       std::pair{option_kind::bitrate, "bit-rate"},
      std::pair{option_kind::size, "size"},       std::pair{option_kind::size_range, "size-range"},
      std::pair{option_kind::percent, "share"},   std::pair{option_kind::ppm, "drift"},
      std::pair{option_kind::numbers, "numbers"}, std::pair{option_kind::texts, "texts"}};
};

namespace {

const std::string what_file = "declaration of a plugin";
const std::string ways_form =
    "must be two or more lists of keys, like [[\"factor\"], [\"width\", \"height\"]]";

/// The tables an author may write, and what they hold.
constexpr std::array tables{
    std::pair{"sensors", plugin_kind::sensor}, std::pair{"models", plugin_kind::model},
    std::pair{"sinks", plugin_kind::sink}, std::pair{"codecs", plugin_kind::codec},
    std::pair{"transports", plugin_kind::transport}};

option_def flag_key(std::string name) {
  return {.name = std::move(name), .kind = option_kind::flag, .doc = "", .otherwise = false};
}

/// In what a key's bounds are written; nothing where it has none.
std::optional<option_kind> bounds_of(option_kind kind) {
  switch (kind) {
  case option_kind::integer:
  case option_kind::number:
  case option_kind::time_span:
  case option_kind::rate:
  case option_kind::bitrate:
  case option_kind::size:
  case option_kind::percent:
  case option_kind::ppm:
    return kind;
  case option_kind::size_range:
    return option_kind::size;
  case option_kind::numbers:
    return option_kind::number;
  default:
    return std::nullopt;
  }
}

/// A path or a stage means something to stages only: it is looked for, and sent along.
bool is_of_stages(option_kind kind) {
  return kind == option_kind::sensor || kind == option_kind::output || is_path(kind, "");
}

double as_number(const option_value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value))
    return static_cast<double>(*whole);
  if (const auto* time = std::get_if<duration>(&value))
    return static_cast<double>(time->count());
  return std::get<double>(value);
}

/// Reads one file's tables into the catalogue.
class declaration {
public:
  declaration(const std::string& module, catalogue& into, mistakes& wrong)
      : module_(module), into_(into), wrong_(wrong) {}

  void read(const document_table& root) {
    fields f(root, "", {}, wrong_);
    for (const auto& [table, kind] : tables)
      if (auto types = f.inner(table, "[" + std::string(table) + ".NAME]"))
        for (const auto& type : types->table().entries)
          read_type(kind, type, types->path(type.key));
    f.finish();
  }

private:
  void read_type(plugin_kind kind, const document_entry& written, const std::string& path) {
    const auto* table = table_of(written, path, "[" + path + "]", wrong_);
    if (!table)
      return;
    if (!is_name(written.key))
      return wrong_.add(written.where, path + ": the name must match [a-z][a-z0-9-]*");
    fields f(*table, path, written.where, wrong_);
    catalogue_entry entry{.kind = kind, .name = written.key, .module = module_, .doc = {}};
    f.read<std::string>({.name = "doc", .doc = "one line for people", .required = true}, entry.doc);
    if (kind == plugin_kind::model)
      f.read<std::vector<std::string>>({.name = "values", .kind = option_kind::texts, .doc = ""},
                                       entry.values);
    if (kind == plugin_kind::codec) {
      f.read<bool>(flag_key("images"), entry.images);
      f.read<bool>(flag_key("plain"), entry.plain);
    }
    if (kind == plugin_kind::transport) {
      f.read<bool>(flag_key("one-machine"), entry.one_machine);
      f.read<bool>(flag_key("reliable"), entry.reliable);
    }
    if (auto keys = f.inner("keys", "[" + path + ".keys.NAME]"))
      for (const auto& key : keys->table().entries)
        read_key(kind, key, keys->path(key.key), entry);
    if (kind == plugin_kind::codec)
      read_ways(f, entry);
    f.finish();
    if (auto added = into_.add(std::move(entry)); !added)
      wrong_.add(written.where, path + ": " + added.error().message);
  }

  void read_key(plugin_kind of, const document_entry& written, const std::string& path,
                catalogue_entry& entry) {
    const auto* table = table_of(written, path, "{ kind = \"size\", doc = \"…\" }", wrong_);
    if (!table)
      return;
    fields f(*table, path, written.where, wrong_);
    option_def def{.name = written.key};
    if (!table->find("kind"))
      return f.complain("kind", "is missing: what is written for the key");
    const bool known = f.read_word("kind", def.kind);
    f.read<std::string>({.name = "doc", .doc = "one line for people", .required = true}, def.doc);
    f.read<bool>(flag_key("required"), def.required);
    if (known)
      read_bounds(f, def);
    if (const auto* otherwise = f.take("default"); otherwise && known) {
      auto value = read_value(def, otherwise->value);
      if (value)
        def.otherwise = *std::move(value);
      else
        f.complain("default", value.error().message);
    }
    f.finish();
    if (def.required && def.otherwise)
      f.complain("default", "a required key has no default; leave one of the two out");
    if (known && (of == plugin_kind::codec || of == plugin_kind::transport) &&
        is_of_stages(def.kind))
      f.complain("kind", "only keys of sensors, models and sinks name files or sensors");
    if (!is_name(def.name))
      return wrong_.add(written.where, path + ": the name must match [a-z][a-z0-9-]*");
    entry.options.push_back(std::move(def));
  }

  /// Lists of keys of which a user writes those of one. After the keys.
  void read_ways(fields& f, catalogue_entry& entry) {
    const auto* written = f.take("ways");
    if (!written)
      return;
    const auto* lists = written->value.as<document_list>();
    if (!lists || lists->size() < 2)
      return f.complain("ways", ways_form);
    std::set<std::string_view> used;
    for (const auto& list : *lists) {
      const auto* names = list.as<document_list>();
      if (!names || names->empty())
        return wrong_.add(list.where, f.path("ways") + ": " + ways_form);
      auto& way = entry.ways.emplace_back();
      for (const auto& name : *names) {
        const auto* text = name.as<std::string>();
        const auto* key = text ? entry.find(*text) : nullptr;
        const auto wrong = [&](const std::string& why) {
          wrong_.add(name.where, f.path("ways") + ": " + why);
        };
        if (!key)
          wrong(text ? "there is no key \"" + *text + "\" in `keys`" : ways_form);
        else if (!used.insert(key->name).second)
          wrong("\"" + *text + "\" stands in it twice");
        else if (key->required || key->otherwise)
          wrong("\"" + *text +
                "\" must be neither required nor have a default: it may be another "
                "way's turn");
        else
          way.push_back(*text);
      }
    }
  }

  static void read_bounds(fields& f, option_def& def) {
    const auto kind = bounds_of(def.kind);
    if (!kind)
      return;
    if (const auto least = f.take_value({.name = "min", .kind = *kind, .doc = ""}))
      def.min = as_number(*least);
    if (const auto most = f.take_value({.name = "max", .kind = *kind, .doc = ""}))
      def.max = as_number(*most);
    if (def.max < def.min)
      f.complain("max", "is below `min`");
  }

  const std::string& module_;
  catalogue& into_;
  mistakes& wrong_;
};

/// The files "peernet-MODULE" + `suffix`, by module; of two the one in the earlier folder.
std::map<std::string, fs::path> modules_in(std::span<const fs::path> folders,
                                           std::string_view suffix) {
  constexpr std::string_view prefix = "peernet-";
  std::map<std::string, fs::path> files;
  for (const auto& folder : folders) {
    std::error_code none;
    for (const auto& e : fs::directory_iterator(folder, none)) {
      const auto name = e.path().filename().string();
      if (name.size() > prefix.size() + suffix.size() && name.starts_with(prefix) &&
          name.ends_with(suffix))
        files.try_emplace(name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()),
                          e.path());
    }
  }
  return files;
}

} // namespace

std::vector<diagnostic> declare_types(std::string_view text, std::string file,
                                      const std::string& module, catalogue& into) {
  if (const auto bad = check_text(text, what_file))
    return {{bad->where, std::move(file), bad->message}};
  const auto parsed = parse_document(text, 0);
  if (const auto* bad = std::get_if<syntax_error>(&parsed))
    return {{bad->where, std::move(file), bad->message}};
  const sources places(std::move(file));
  mistakes wrong(places);
  declaration(module, into, wrong).read(std::get<document_table>(parsed));
  return wrong.list();
}

std::vector<diagnostic> declare_types(std::span<const fs::path> folders, catalogue& into) {
  std::set<std::string> ours;
  for (const auto& entry : catalogue::builtin().entries())
    ours.insert(entry.module);
  const auto declarations = modules_in(folders, ".toml"), libraries = modules_in(folders, ".so");
  std::vector<diagnostic> all;
  for (const auto& [module, file] : declarations) {
    if (!is_name(module) || ours.contains(module)) {
      all.push_back(
          {{},
           file.string(),
           is_name(module)
               ? "PeerNet has a plugin of this name itself; give yours another"
               : "between \"peernet-\" and \".toml\" the name must match [a-z][a-z0-9-]*"});
      continue;
    }
    const auto text = load_small_text(file.string(), what_file);
    auto wrong = text ? declare_types(*text, file.string(), module, into)
                      : std::vector{diagnostic{{}, file.string(), text.error().message}};
    all.insert(all.end(), wrong.begin(), wrong.end());
  }
  for (const auto& [module, file] : libraries)
    if (!declarations.contains(module) && !ours.contains(module))
      all.push_back(
          {{},
           file.string(),
           "nothing declares what this plugin brings; put peernet-" + module + ".toml beside it"});
  return all;
}

} // namespace peernet

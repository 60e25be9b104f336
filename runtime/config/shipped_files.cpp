// SPDX-License-Identifier: MIT
#include "runtime/config/shipped_files.hpp"

#include "runtime/config/stages.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>

namespace peernet {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view folder_there = "files/";

/// Other characters become '_'. The end is what is kept: it tells the format.
std::string safe_name(std::string_view name, std::size_t most) {
  std::string safe(name.size() > most ? name.substr(name.size() - most) : name);
  std::ranges::replace_if(
      safe,
      [](char c) {
        return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '.' || c == '_' || c == '-');
      },
      '_');
  return safe;
}

std::string numbered(std::string number, std::string_view name) {
  number += '-';
  return number + safe_name(name, longest_shipped_part - number.size());
}

/// Safe names for those of one folder, which are sorted. Where one must be changed, all get a
/// number in front, so that none is there twice and their order stays.
std::vector<std::string> safe_names(const std::vector<std::string>& names) {
  if (std::ranges::all_of(names, [](const std::string& n) {
        return !n.starts_with('.') && n == safe_name(n, longest_shipped_part);
      }))
    return names;
  const auto digits = std::to_string(names.size()).size();
  std::vector<std::string> safe;
  for (const auto& name : names) {
    const auto number = std::to_string(safe.size());
    safe.push_back(numbered(std::string(digits - number.size(), '0') + number, name));
  }
  return safe;
}

std::string trace_key(const link_config& l) {
  return "links." + l.name + ".impair.trace";
}

/// Collects what is below the folders and files of one node's stages.
class collection {
public:
  [[nodiscard]] result<void> add(const std::string& key, const fs::path& path, bool folder);
  [[nodiscard]] std::vector<shipped_file> take() { return std::move(files_); }

private:
  result<void> keep(const fs::path& file, const std::string& there);
  result<void> add_folder(const fs::path& folder, const std::string& there, std::size_t depth);
  /// What an entry of a folder is to be shipped as, links followed to where they lead; none: not.
  result<std::optional<fs::path>> source_of(const fs::directory_entry& entry) const;

  [[nodiscard]] error wrong(errc code, const fs::path& where, const std::string& why) const {
    return {code, key_ + ": \"" + where.string() + "\" " + why};
  }

  std::vector<shipped_file> files_;
  std::size_t settings_ = 0;
  std::string key_;
  fs::path root_; ///< the setting's folder, without links
};

result<void> collection::add(const std::string& key, const fs::path& path, bool folder) {
  key_ = key;
  const auto named = path.has_filename() ? path : path.parent_path(); // "pictures/"
  const auto there =
      std::string(folder_there) + numbered(std::to_string(settings_++), named.filename().string());
  if (!folder)
    return keep(named, there);
  std::error_code failed;
  root_ = fs::canonical(named, failed);
  if (failed)
    return wrong(errc::unreadable, named, "cannot be looked into: " + failed.message());
  const auto before = files_.size();
  if (auto done = add_folder(named, there, 1); !done)
    return done;
  if (files_.size() == before)
    return wrong(errc::unreadable, named, "is a folder without any file; name the right one");
  return {};
}

result<void> collection::keep(const fs::path& file, const std::string& there) {
  if (files_.size() == most_shipped_files)
    return wrong(errc::too_large, file,
                 "is one more than the " + std::to_string(most_shipped_files) +
                     " files that a node may be sent; take what is not needed out of the folder");
  if (there.size() > longest_shipped_name)
    return wrong(errc::too_large, file,
                 "has too long a name together with its folders; shorten some of them");
  files_.push_back({key_, file.string(), there});
  return {};
}

result<std::optional<fs::path>> collection::source_of(const fs::directory_entry& entry) const {
  std::error_code failed;
  if (!entry.is_symlink(failed)) {
    const bool wanted = entry.is_regular_file(failed) || entry.is_directory(failed);
    return wanted ? std::optional(entry.path()) : std::nullopt;
  }
  const auto target = fs::canonical(entry.path(), failed);
  const auto inside = !failed && std::ranges::mismatch(root_, target).in1 == root_.end();
  if (!inside || !fs::is_regular_file(target, failed))
    return wrong(errc::unreadable, entry.path(),
                 "is a link that leads to no file inside the folder, and would be missing on the "
                 "node; put what it leads to in its place, or take it away");
  return std::optional(target);
}

result<void> collection::add_folder(const fs::path& folder, const std::string& there,
                                    std::size_t depth) {
  constexpr auto deepest = most_shipped_parts - 2; // below "files/0-pictures"
  if (depth > deepest)
    return wrong(errc::too_large, folder,
                 "is nested too deep: files are sent from up to " + std::to_string(deepest) +
                     " levels of a folder; name a folder nearer to what is needed");
  std::map<std::string, fs::path> found; // by name here: sorted
  std::error_code failed;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    const auto source = source_of(*it);
    if (!source)
      return source.error();
    if (*source)
      found.emplace(it->path().filename().string(), **source);
  }
  if (failed)
    return wrong(errc::unreadable, folder, "cannot be read: " + failed.message());
  std::vector<std::string> names;
  for (const auto& [name, source] : found)
    names.push_back(name);
  names = safe_names(names);
  std::size_t i = 0;
  for (const auto& [name, source] : found) {
    const auto to = there + "/" + names[i++];
    auto done =
        fs::is_directory(source, failed) ? add_folder(source, to, depth + 1) : keep(source, to);
    if (!done)
      return done;
  }
  return {};
}

} // namespace

result<std::vector<shipped_file>> files_to_ship(const scenario& s, std::string_view node,
                                                const catalogue& known) {
  collection all;
  std::error_code failed;
  const auto base = fs::absolute(s.directory.empty() ? "." : s.directory, failed);
  const auto stages = stages_of(s);
  for (const auto& r : stages) {
    const auto* type = known.find(plugin_of(r.kind), r.stage->type);
    if (!type || r.stage->node != node)
      continue;
    for (const auto& def : type->options) {
      const auto* written = r.stage->settings.find<std::string>(def.name);
      if (!written || !is_path(def.kind, *written))
        continue;
      const auto path = (base / *written).lexically_normal();
      const bool folder = def.kind == option_kind::folder;
      if (folder ? fs::is_directory(path, failed) : fs::is_regular_file(path, failed))
        if (auto added = all.add(r.path() + "." + def.name, path, folder); !added)
          return std::move(added).error();
    }
  }
  for (const auto& l : s.links) { // the sending side of a link impairs it
    const auto from =
        std::ranges::find(stages, l.from, [](const auto& r) { return r.stage->name; });
    const auto sends = from != stages.end() && from->stage->node == node;
    if (!sends || !l.impair || l.impair->trace.empty())
      continue;
    const auto path = (base / l.impair->trace).lexically_normal();
    if (fs::is_regular_file(path, failed))
      if (auto added = all.add(trace_key(l), path, false); !added)
        return std::move(added).error();
  }
  return all.take();
}

scenario with_shipped_paths(scenario s, std::string_view node,
                            const std::vector<shipped_file>& files) {
  std::map<std::string_view, std::string> there; // by key: a file, or the folder of files
  for (const auto& f : files)
    there.try_emplace(f.key, f.name.substr(0, f.name.find('/', folder_there.size())));
  const auto rename = [&](auto& stages, const std::string& section) {
    for (auto& stage : stages) {
      if (stage.node != node)
        continue;
      const auto settings = stage.settings;
      for (const auto& [name, value] : settings.all())
        if (const auto it = there.find(section + stage.name + "." + name); it != there.end())
          stage.settings.set(name, it->second);
    }
  };
  rename(s.sensors, "sensors.");
  rename(s.inference, "inference.");
  rename(s.sinks, "sinks.");
  for (auto& l : s.links)
    if (const auto it = there.find(trace_key(l)); l.impair && it != there.end())
      l.impair->trace = it->second;
  return s;
}

} // namespace peernet

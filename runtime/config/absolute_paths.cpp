// SPDX-License-Identifier: MIT
#include "runtime/config/absolute_paths.hpp"

#include <filesystem>

namespace peernet {

namespace {

/// What a stage's settings say of files, as it is found from `directory`.
void make_absolute(options& settings, const catalogue_entry* type, const std::string& directory) {
  const auto base = std::filesystem::absolute(directory.empty() ? "." : directory);
  if (!type)
    return;
  for (const auto& def : type->options) {
    const bool path = def.kind == option_kind::file || def.kind == option_kind::folder;
    if (!settings.has(def.name) || !(path || def.kind == option_kind::media))
      continue;
    const auto found = (base / settings.get<std::string>(def.name)).lexically_normal();
    std::error_code none;
    if (path || std::filesystem::is_regular_file(found, none)) // other media are no paths
      settings.set(def.name, found.string());
  }
}

} // namespace

scenario with_absolute_paths(scenario s, const catalogue& known) {
  const auto each = [&](auto& stages, plugin_kind kind) {
    for (auto& c : stages)
      make_absolute(c.settings, known.find(kind, c.type), s.directory);
  };
  each(s.sensors, plugin_kind::sensor);
  each(s.inference, plugin_kind::model);
  each(s.sinks, plugin_kind::sink);
  return s;
}

} // namespace peernet

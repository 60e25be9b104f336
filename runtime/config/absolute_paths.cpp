// SPDX-License-Identifier: MIT
#include "runtime/config/absolute_paths.hpp"

#include <filesystem>

namespace peernet {

namespace {

std::filesystem::path found_from(const std::string& directory, const std::string& written) {
  return (std::filesystem::absolute(directory.empty() ? "." : directory) / written)
      .lexically_normal();
}

/// What a stage's settings say of files, as it is found from `directory`.
void make_absolute(options& settings, const catalogue_entry* type, const std::string& directory) {
  if (!type)
    return;
  for (const auto& def : type->options) {
    const auto* written = settings.find<std::string>(def.name);
    if (!written || !(is_path(def.kind, *written) || def.kind == option_kind::output))
      continue;
    const auto found = found_from(directory, *written);
    std::error_code none;
    if (def.kind != option_kind::media || std::filesystem::is_regular_file(found, none))
      settings.set(def.name, found.string()); // other media may be patterns of paths
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
  for (auto& l : s.links)
    if (l.impair && !l.impair->trace.empty())
      l.impair->trace = found_from(s.directory, l.impair->trace).string();
  return s;
}

} // namespace peernet

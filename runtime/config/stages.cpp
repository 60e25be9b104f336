// SPDX-License-Identifier: MIT
#include "runtime/config/stages.hpp"

namespace peernet {

std::string stage_ref::path() const {
  const auto* section = kind == stage_kind::sensor      ? "sensors."
                        : kind == stage_kind::inference ? "inference."
                                                        : "sinks.";
  return section + stage->name;
}

plugin_kind plugin_of(stage_kind kind) noexcept {
  return kind == stage_kind::sensor      ? plugin_kind::sensor
         : kind == stage_kind::inference ? plugin_kind::model
                                         : plugin_kind::sink;
}

std::vector<stage_ref> stages_of(const scenario& s) {
  std::vector<stage_ref> all;
  for (std::size_t i = 0; i < s.sensors.size(); ++i)
    all.push_back({stage_kind::sensor, i, &s.sensors[i], nullptr, s.sensors[i].count, 1});
  for (std::size_t i = 0; i < s.inference.size(); ++i) {
    const auto& c = s.inference[i];
    const bool shared = c.dispatch == dispatch::shared;
    all.push_back({stage_kind::inference, i, &c, &c.queue, shared ? std::uint16_t{1} : c.count,
                   shared ? c.count : std::uint16_t{1}});
  }
  for (std::size_t i = 0; i < s.sinks.size(); ++i)
    all.push_back({stage_kind::sink, i, &s.sinks[i], &s.sinks[i].queue, s.sinks[i].count, 1});
  return all;
}

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "runtime/config/understudies.hpp"

#include "runtime/config/machines.hpp"

#include <utility>

namespace peernet {

namespace {

void replace(stage_config& stage, const char* type, options settings = {}) {
  stage.type = type;
  stage.settings = std::move(settings);
}

} // namespace

scenario with_understudies(scenario s, const missing_parts& missing) {
  const auto ends = nodes_of_links(s);
  for (std::size_t i = 0; i < ends.size(); ++i) {
    auto& link = s.links[i];
    const auto lost = [&](const node_config* n) { return n && missing.nodes.contains(n->name); };
    const auto unaddressed =
        ends[i].to && missing.addresses.contains({ends[i].to->name, link.network});
    if (!missing.links.contains(link.name) && !unaddressed && !lost(ends[i].from) &&
        !lost(ends[i].to))
      continue;
    const link_config plain;
    link.transport = plain.transport;
    link.transport_settings = plain.transport_settings;
    link.network.clear();
    link.codecs.clear();
    link.psnr = plain.psnr;
    link.impair.reset();
  }
  for (auto& node : s.nodes)
    if (missing.nodes.contains(node.name))
      node = {.name = node.name, .where = node.where};

  for (auto& node : s.nodes)
    std::erase_if(node.addresses, [&](const auto& a) {
      return missing.addresses.contains({node.name, a.first});
    });

  const auto each = [&](auto& stages, const auto& replace_one) {
    for (auto& stage : stages)
      if (missing.nodes.contains(stage.node) || missing.stages.contains(stage.name))
        replace_one(stage);
  };
  each(s.sensors, [](sensor_config& c) {
    options settings;
    settings.set("size", int_range{1, 1});
    replace(c, "bytes", std::move(settings));
  });
  each(s.inference, [](inference_config& c) { replace(c, "dummy"); });
  each(s.sinks, [](sink_config& c) { replace(c, "discard"); });
  s.expectations.clear();
  return s;
}

} // namespace peernet

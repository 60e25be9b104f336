// SPDX-License-Identifier: MIT
#include "runtime/trace/route_tree.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace peernet {

route_tree::route_tree(const layout& shape)
    : shape_(shape),
      end_(shape.routes.size()),
      depth_(shape.routes.size()),
      sink_(shape.routes.size(), no_sink),
      sinks_before_(shape.routes.size() + 1),
      reaches_(shape.sensors.size()) {
  const auto count = static_cast<route_id>(shape.routes.size());
  std::map<std::pair<place_id, std::uint16_t>, std::uint32_t> numbers;
  for (route_id r = 0; r < count; ++r) {
    const auto& route = shape.routes[r];
    depth_[r] = route.parent == no_route ? 0 : depth_[route.parent] + 1;
    end_[r] = r + 1;
    if (shape.places[route.place].kind == place_kind::sink)
      numbers.try_emplace({route.place, route.copy}, 0);
  }
  // Preorder: children stand behind their parents, so from the back every subtree is complete.
  for (auto r = count; r-- > 0;)
    if (const auto parent = shape.routes[r].parent; parent != no_route)
      end_[parent] = std::max(end_[parent], end_[r]);

  for (auto& [instance, number] : numbers) {
    number = static_cast<std::uint32_t>(sinks_.size());
    sinks_.push_back({.place = instance.first, .copy = instance.second});
  }
  for (route_id r = 0; r < count; ++r)
    if (const auto it = numbers.find({shape.routes[r].place, shape.routes[r].copy});
        it != numbers.end())
      sink_[r] = it->second;
  for (route_id r = 0; r < count; ++r)
    sinks_before_[r + 1] = sinks_before_[r] + (sink_[r] == no_sink ? 0 : 1);

  for (std::size_t sensor = 0; sensor < shape.sensors.size(); ++sensor) {
    std::map<std::uint32_t, std::vector<route_id>> found;
    for (auto r = shape.sensors[sensor]; r < end_[shape.sensors[sensor]]; ++r)
      if (sink_[r] != no_sink)
        found[sink_[r]].push_back(r);
    for (auto& [sink, routes] : found)
      reaches_[sensor].push_back({.sink = sink, .routes = std::move(routes)});
  }
}

std::optional<std::uint32_t> route_tree::sink_of(route_id route) const {
  return sink_[route] == no_sink ? std::nullopt : std::optional(sink_[route]);
}

std::vector<route_id> route_tree::way(route_id route) const {
  std::vector<route_id> places;
  for (auto r = route; r != no_route; r = shape_.routes[r].parent)
    places.push_back(r);
  std::reverse(places.begin(), places.end());
  return places;
}

std::string route_tree::path(route_id route) const {
  std::string name;
  for (const auto r : way(route)) {
    const auto& place = shape_.places[shape_.routes[r].place];
    if (place.kind != place_kind::link)
      name += (name.empty() ? "" : "->") + place.name;
  }
  return name;
}

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "runtime/clocks/probed_paths.hpp"

#include <algorithm>

namespace peernet {

probed_paths::probed_paths(std::span<const probe> probes, const course_settings& settings)
    : settings_(settings) {
  for (const auto& p : probes) {
    auto at = std::ranges::find_if(paths_, [&](const probed_path& q) {
      return q.joins(p.asker, p.answerer) && q.network == p.network && q.method == p.method;
    });
    if (at == paths_.end())
      at = paths_.insert(at, {.asker = p.asker,
                              .answerer = p.answerer,
                              .local = p.local,
                              .remote = p.remote,
                              .network = p.network,
                              .method = p.method,
                              .probes = {}});
    at->probes.push_back(&p);
  }
}

std::vector<path_side> probed_paths::of_nodes(node_id from, node_id to) const {
  std::vector<path_side> sides;
  for (std::size_t i = 0; i < paths_.size(); ++i)
    if (paths_[i].joins(from, to))
      sides.push_back({i, paths_[i].asker == from});
  return sides;
}

std::vector<path_side> probed_paths::of_clocks(clock_id from, clock_id to) const {
  std::vector<path_side> sides;
  for (std::size_t i = 0; i < paths_.size(); ++i)
    if (const auto& p = paths_[i];
        !p.shared() && std::minmax(p.local, p.remote) == std::minmax(from, to))
      sides.push_back({i, p.local == from});
  return sides;
}

std::vector<offset_bounds> probed_paths::exchanges(std::span<const path_side> sides) const {
  std::vector<offset_bounds> all;
  for (const auto& side : sides)
    for (const auto& path = paths_[side.path]; const auto* p : path.probes)
      all.push_back(bounds_of(*p, (p->asker == path.asker) == side.asker));
  return all;
}

std::vector<offset_bounds> probed_paths::usable(const std::vector<path_side>& sides) {
  auto all = exchanges(sides);
  const auto& bad = course(sides).left_out;
  std::erase_if(all,
                [&](const offset_bounds& b) { return std::ranges::find(bad, b) != bad.end(); });
  return all;
}

const clock_course& probed_paths::course(const std::vector<path_side>& sides) {
  const auto [at, added] = courses_.try_emplace(sides);
  if (added)
    at->second = estimate_course(exchanges(sides), 0, 1, settings_);
  return at->second;
}

} // namespace peernet

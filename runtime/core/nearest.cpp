// SPDX-License-Identifier: MIT
#include "runtime/core/nearest.hpp"

#include <algorithm>
#include <vector>

namespace peernet {

namespace {

/// Optimal string alignment distance (Damerau–Levenshtein without repeated edits of one part).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto columns = b.size() + 1;
  std::vector<std::size_t> before(columns), last(columns), row(columns);
  for (std::size_t j = 0; j < columns; ++j)
    last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t differs = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + differs});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

} // namespace

std::string nearest_name(std::string_view wrong, std::span<const std::string> candidates) {
  constexpr std::size_t longest_compared = 64;
  if (wrong.empty() || wrong.size() > longest_compared)
    return {};
  std::string best;
  std::size_t best_distance = 0;
  for (const auto& candidate : candidates) {
    if (candidate.size() > longest_compared)
      continue;
    const auto allowed = std::max<std::size_t>(1, std::max(wrong.size(), candidate.size()) / 3);
    const auto distance = edit_distance(wrong, candidate);
    if (distance <= allowed && (best.empty() || distance < best_distance)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

} // namespace peernet

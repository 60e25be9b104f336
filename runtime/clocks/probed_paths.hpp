// SPDX-License-Identifier: MIT
// All exchanges of a run by the way they went, and the courses that follow from them: each is
// computed once, however many ask for it.
#pragma once

#include "runtime/clocks/clock_course.hpp"
#include "runtime/clocks/probe.hpp"

#include <compare>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace peernet {

/// Two nodes that probed each other by one method on one network, whoever asked. Who is the asker
/// here asked first.
struct probed_path {
  node_id asker = coordinator_node;
  node_id answerer = coordinator_node;
  clock_id local = reference_clock;  ///< the asker's
  clock_id remote = reference_clock; ///< the answerer's
  std::string network;
  std::string method;
  std::vector<const probe*> probes;

  [[nodiscard]] bool shared() const noexcept { return local == remote; }
  [[nodiscard]] bool joins(node_id a, node_id b) const noexcept {
    return std::minmax(asker, answerer) == std::minmax(a, b);
  }
};

/// One side of a path.
struct path_side {
  std::size_t path = 0; ///< number
  bool asker = true;    ///< whether offsets go from the asker's clock, or from the answerer's

  auto operator<=>(const path_side&) const = default;
};

/// Thread: one at a time.
class probed_paths {
public:
  /// The probes outlive this. `settings`: for the courses.
  explicit probed_paths(std::span<const probe> probes, const course_settings& settings = {});

  /// As they first occur.
  [[nodiscard]] const std::vector<probed_path>& all() const noexcept { return paths_; }

  /// All paths between two nodes, as seen from the first.
  [[nodiscard]] std::vector<path_side> of_nodes(node_id from, node_id to) const;
  /// All paths between two different clocks, whichever nodes have them, as seen from the first.
  [[nodiscard]] std::vector<path_side> of_clocks(clock_id from, clock_id to) const;

  [[nodiscard]] std::vector<offset_bounds> exchanges(std::span<const path_side> sides) const;

  /// The same without those whose stamps proved bad.
  [[nodiscard]] std::vector<offset_bounds> usable(const std::vector<path_side>& sides);

  /// What all exchanges of these paths say together; valid as long as this. Its segments do not
  /// name the clocks: they go from 0 to 1.
  [[nodiscard]] const clock_course& course(const std::vector<path_side>& sides);

private:
  const course_settings settings_;
  std::vector<probed_path> paths_;
  std::map<std::vector<path_side>, clock_course> courses_;
};

} // namespace peernet

// SPDX-License-Identifier: MIT
// Facts about the run itself, told by the coordinator: events for people, and counts that the
// actors kept independently of their records; against most the books are checked at the end.
#pragma once

#include "runtime/core/ids.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace peernet {

enum class severity : std::uint8_t { info = 0, warning = 1, error = 2 };

/// Something that happened, for a person to read.
struct run_event {
  std::int64_t time_ns = 0; ///< raw, of `clock`
  clock_id clock = reference_clock;
  node_id node = coordinator_node;
  peernet::severity severity = peernet::severity::info;
  std::string what;   ///< a few words, the same for the same kind of event: "node lost"
  std::string detail; ///< names, numbers, causes
};

/// What a reported count is about. Numbers are pinned: they are stored.
enum class count_kind : std::uint8_t {
  intended = 0,   ///< a sensor's slots whose time came, fired or not (place, copy: the sensor's)
  arrivals = 1,   ///< samples a sink acted on, repeats included (place, copy: the sink's)
  dropped = 2,    ///< samples that gave way in a stage's queue (place, copy); those of a link's
                  ///< send queue are in its link_end
  emitted = 3,    ///< records a node emitted and handed over (place and copy 0)
  overflowed = 4, ///< records a node lost because a buffer was full (place and copy 0)
  // Of clock probes; see probe_mishaps (place and copy 0):
  probe_foreign = 5,
  probe_unexpected = 6,
  probe_late = 7,
  probe_overflowed = 8,
  probe_own_stamps = 9,
};

/// A count that an actor kept by itself. A later report of the same thing replaces the earlier.
struct reported_count {
  count_kind kind = count_kind::intended;
  node_id node = 0;
  place_id place = 0;
  std::uint16_t copy = 0;
  std::uint64_t count = 0;
};

/// What the event is called that tells of a duration which lies wholly below 0.
inline constexpr std::string_view negative_duration = "negative duration";

/// Keys of the view `run` that are read again.
namespace run_key {
inline constexpr std::string_view scenario = "scenario";         ///< its name
inline constexpr std::string_view ended = "ended";               ///< run_end
inline constexpr std::string_view clock_method = "clock_method"; ///< "probe", "system", "both"
inline constexpr std::string_view clock_interval = "clock_interval_ns";   ///< of probes in the run
inline constexpr std::string_view clock_max_bound = "clock_max_bound_ns"; ///< none: no limit
inline constexpr std::string_view isolated = "isolated_nodes"; ///< names, a blank between; or none
inline constexpr std::string_view probe_bytes = "clock_probe_bytes"; ///< sent by all nodes
inline constexpr std::string_view probe_cpu = "clock_probe_cpu_ns";  ///< of all nodes
} // namespace run_key

/// How a run came to its end. A run without one was cut off: its coordinator died.
enum class run_end : std::uint8_t {
  completed,
  interrupted, ///< by the user
  node_lost,   ///< a node's process or connection ended
  failed,      ///< a node could not go on
};

} // namespace peernet

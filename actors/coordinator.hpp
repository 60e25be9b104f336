// SPDX-License-Identifier: MIT
// The coordinator actor: drives one run over its nodes, step by step. Each step has a deadline and
// names whom it waits for; a node that is lost ends the run, never its results.
#pragma once

#include "actors/engine/load_errors.hpp"
#include "actors/metrics.hpp"
#include "actors/protocol.hpp"
#include "runtime/config/plan.hpp"
#include "runtime/core/clock.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace peernet {

/// A node as the coordinator reaches it.
struct member {
  std::string name;
  node_actor actor;
  deployment shipped;
  std::string machine = {}; ///< for messages, if it is another one: "10.0.0.5:7447"
};

/// How far a run goes.
enum class run_purpose : std::uint8_t {
  measure,  ///< to its end
  check,    ///< until every node has loaded what it needs
  rehearse, ///< until it could begin: everything bound, linked and probed
};

/// What keeps a run from beginning, and on which node.
struct obstacle {
  std::optional<node_id> node; ///< none: here, or of the scenario as a whole
  fault what;
};

/// What a rehearsal found out, as far as it came.
struct rehearsal {
  std::vector<node_ready> nodes; ///< by node; empty unless all could load
  std::vector<clock_id> clocks;  ///< by node
  endpoint_map endpoints;
  std::vector<std::string> unlinked; ///< links whose connection does not come to stand
  clock_news learnt;
  std::vector<bool> by_udp; ///< by node: it answers the coordinator's own probes
};

/// Figures while a run goes on.
struct run_progress {
  std::string step;    ///< "loading", "running", "draining", …
  duration elapsed{0}; ///< since the common start; 0 before
  live_figures::snapshot figures;
};

/// How a run came to its end.
struct run_ending {
  enum class kind : std::uint8_t { completed, interrupted, node_lost, not_started, failed };
  kind how = kind::completed;
  error reason;                      ///< not_started, failed, node_lost: why
  std::vector<std::string> messages; ///< for the user, in order
  summary_ptr summary;               ///< null if nothing was measured
  std::vector<obstacle> obstacles; ///< not_started: at least one; a rehearsal goes on where it can
  rehearsal rehearsed;             ///< if that was the purpose
  std::vector<bool> lost;          ///< by node: it does not answer any more
};
using ending_ptr = std::shared_ptr<const run_ending>;

using coordinator_actor = caf::typed_actor<
    // Run from greeting to results, or as far as the purpose says. Answered at the very end.
    caf::replies_to<start_atom, run_purpose>::with<ending_ptr>,
    // The user wants it to stop.
    caf::reacts_to<signal_atom>,
    // INTERNAL: look around.
    caf::reacts_to<tick_atom>,
    // INTERNAL: the own burst of clock probes is over.
    caf::reacts_to<probe_atom>,
    // INTERNAL: go on with what was put off.
    caf::reacts_to<wake_atom>>;

} // namespace peernet

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(peernet::run_purpose)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(peernet::ending_ptr)

namespace peernet {
class isolated_nodes;
}

namespace peernet::actors {

struct coordinator_config {
  std::shared_ptr<const scenario> what;
  std::shared_ptr<const plan> whole;
  std::vector<member> members; ///< index: node_id
  /// Makes the metrics actor once all nodes are ready to start; the results folder comes to be
  /// here, so that a run that could not start leaves none.
  std::function<result<local_metrics_actor>(const layout&)> open_results;
  std::function<void(const run_progress&)> on_progress; ///< called on the coordinator's thread
  /// The coordinator's own, which asks every node. Null: clocks are probed over the control plane.
  std::shared_ptr<probe_service> prober;
  isolated_nodes* isolated =
      nullptr; ///< null: nodes have no networks of their own; else outlives it
};

class run_driver;

struct coordinator_state {
  static inline const char* name = "coordinator";
  std::shared_ptr<run_driver> driver;
};

coordinator_actor::behavior_type
coordinator(coordinator_actor::stateful_pointer<coordinator_state> self, coordinator_config config);

} // namespace peernet::actors

// SPDX-License-Identifier: MIT
// The metrics actor: stores what nodes measured while the run goes on, and joins it into traces at
// its end. The only one that touches the run's store.
#pragma once

#include "actors/protocol.hpp"
#include "runtime/clocks/live_clocks.hpp"
#include "runtime/trace/finish.hpp"
#include "runtime/trace/live_figures.hpp"
#include "runtime/trace/store.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <memory>
#include <string>

namespace peernet {

/// Something to be done with the store, on the thread that owns it. Inside one process only.
using store_task = std::shared_ptr<const std::function<result<void>(store&)>>;
using summary_ptr = std::shared_ptr<const run_summary>;
using clock_news_ptr = std::shared_ptr<const clock_news>;
using figures_ptr = std::shared_ptr<const live_figures::snapshot>;

/// The metrics actor as its own process sees it.
using local_metrics_actor = metrics_actor::extend<
    // Do this with the store. Fails with the store's error.
    caf::replies_to<store_task>::with<bool>,
    // Exchanges between clocks and looks at kernels: stored, and used for the live figures.
    caf::reacts_to<clock_news_ptr>,
    // The figures of this moment, for the progress line.
    caf::replies_to<report_atom>::with<figures_ptr>,
    // Everything is stored: settle, sum up, and write the files beside the database.
    caf::replies_to<finish_atom>::with<summary_ptr>>;

} // namespace peernet

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(peernet::store_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(peernet::summary_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(peernet::clock_news_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(peernet::figures_ptr)

namespace peernet::actors {

struct metrics_config {
  std::shared_ptr<store> into;
  std::string folder;                                  ///< for the exported files
  layout shape;                                        ///< is stored first
  std::function<void(const run_event&)> on_event = {}; ///< on the actor's thread; may be empty
};

struct metrics_state {
  static inline const char* name = "metrics";

  metrics_config config;
  live_clocks clocks;
  std::unique_ptr<live_figures> live;
};

/// Spawn it detached: the database blocks. An error of the store (a full disk) ends the actor with
/// that error; what was stored before stays readable.
local_metrics_actor::behavior_type
metrics(local_metrics_actor::stateful_pointer<metrics_state> self, metrics_config config);

} // namespace peernet::actors

// SPDX-License-Identifier: MIT
#include "actors/metrics.hpp"

#include "actors/caf_error.hpp"

namespace peernet::actors {

local_metrics_actor::behavior_type
metrics(local_metrics_actor::stateful_pointer<metrics_state> self, metrics_config config) {
  self->state.into = std::move(config.into);
  self->state.folder = std::move(config.folder);
  // Nothing may be lost silently: who sees the store fail, ends, and takes the run with it.
  const auto checked = [self](const result<void>& done) {
    if (!done)
      self->quit(to_caf(done.error()));
    return done.ok();
  };
  return {
      [=](batch_atom, node_id, const std::vector<char>& batch) -> caf::result<std::uint64_t> {
        const auto n = batch.size() / sizeof(record);
        const std::span records{reinterpret_cast<const record*>(batch.data()), n};
        if (batch.size() % sizeof(record) != 0)
          return to_caf({errc::corrupt, "a batch of records that is no whole number of them"});
        if (const auto done = self->state.into->append(records); !checked(done))
          return to_caf(done.error());
        return static_cast<std::uint64_t>(n);
      },
      [=](event_atom, const run_event& e) { checked(self->state.into->append_event(e)); },
      [=](const store_task& task) -> caf::result<bool> {
        if (const auto done = (*task)(*self->state.into); !checked(done))
          return to_caf(done.error());
        return true;
      },
      [=](finish_atom) -> caf::result<summary_ptr> {
        auto summary = finish_run(*self->state.into);
        if (!summary)
          return to_caf(summary.error());
        if (const auto done = export_run(*self->state.into, *summary, self->state.folder); !done)
          return to_caf(done.error());
        return std::make_shared<const run_summary>(std::move(*summary));
      },
  };
}

} // namespace peernet::actors

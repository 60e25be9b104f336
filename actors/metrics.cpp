// SPDX-License-Identifier: MIT
#include "actors/metrics.hpp"

#include "actors/caf_error.hpp"
#include "runtime/core/clock.hpp"

namespace peernet::actors {

local_metrics_actor::behavior_type
metrics(local_metrics_actor::stateful_pointer<metrics_state> self, metrics_config config) {
  auto& state = self->state;
  state.config = std::move(config);
  state.live = std::make_unique<live_figures>(state.config.shape);
  // Nothing may be lost silently: who sees the store fail, ends, and takes the run with it.
  const auto checked = [self](const result<void>& done) {
    if (!done)
      self->quit(to_caf(done.error()));
    return done.ok();
  };
  checked(state.config.into->set_layout(state.config.shape));
  return {
      [=](batch_atom, node_id, const std::vector<char>& batch) -> caf::result<std::uint64_t> {
        const auto n = batch.size() / sizeof(record);
        const std::span records{reinterpret_cast<const record*>(batch.data()), n};
        if (batch.size() % sizeof(record) != 0)
          return to_caf({errc::corrupt, "a batch of records that is no whole number of them"});
        if (const auto done = self->state.config.into->append(records); !checked(done))
          return to_caf(done.error());
        self->state.live->add(records, peernet::clock::machine_now());
        return static_cast<std::uint64_t>(n);
      },
      [=](event_atom, const run_event& e) {
        if (checked(self->state.config.into->append_event(e)) && self->state.config.on_event)
          self->state.config.on_event(e);
      },
      [=](const store_task& task) -> caf::result<bool> {
        if (const auto done = (*task)(*self->state.config.into); !checked(done))
          return to_caf(done.error());
        return true;
      },
      [=](const clock_news_ptr& news) {
        auto& s = self->state;
        if (!checked(s.config.into->append_probes(news->probes)) ||
            !checked(s.config.into->append_looks(news->looks)))
          return;
        for (const auto& p : news->probes)
          s.clocks.add(p);
        s.live->set_clocks(clock_map(s.clocks.segments()));
      },
      [=](report_atom) -> caf::result<figures_ptr> {
        return std::make_shared<const live_figures::snapshot>(
            self->state.live->now(peernet::clock::machine_now()));
      },
      [=](finish_atom) -> caf::result<summary_ptr> {
        auto summary = finish_run(*self->state.config.into);
        if (!summary)
          return to_caf(summary.error());
        if (const auto done =
                export_run(*self->state.config.into, *summary, self->state.config.folder);
            !done)
          return to_caf(done.error());
        return std::make_shared<const run_summary>(std::move(*summary));
      },
  };
}

} // namespace peernet::actors

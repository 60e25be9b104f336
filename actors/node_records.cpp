// SPDX-License-Identifier: MIT
// What a node measured, on its way from the rings to the metrics actor; off the measured path.
#include "actors/caf_error.hpp"
#include "actors/node_steps.hpp"

#include <utility>

namespace peernet::actors::node_steps {

namespace {

/// So many go into one message.
constexpr std::size_t batch_records = 4096;
/// How long the store may take with one batch before it counts as stuck.
constexpr duration store_patience = std::chrono::seconds{30};

void send_events(self_ptr self) {
  auto& state = self->state;
  auto [events, suppressed] = state.graph->events().take();
  const auto tell = [&](severity how, std::string what, std::string detail, stamp when) {
    self->send(state.metrics, event_atom::value,
               run_event{.time_ns = to_ns(when),
                         .clock = state.graph->clock_number(),
                         .node = state.graph->self(),
                         .severity = how,
                         .what = std::move(what),
                         .detail = std::move(detail)});
  };
  for (auto& e : events)
    tell(e.how, std::move(e.what), std::move(e.detail), e.when);
  if (suppressed > 0)
    tell(severity::warning, "events suppressed",
         std::to_string(suppressed) + " further events were not kept", state.graph->clock().now());
}

/// Empties the rings into the backlog, whatever the store is busy with.
void empty_rings(self_ptr self) {
  auto& state = self->state;
  state.collected.resize(batch_records);
  while (state.backlog.size() < node_state::most_backlog) {
    const auto n = state.graph->records().drain(state.collected);
    if (n == 0)
      return;
    const auto* bytes = reinterpret_cast<const char*>(state.collected.data());
    state.backlog.emplace_back(bytes, bytes + n * sizeof(record));
  }
}

} // namespace

void collect(self_ptr self) {
  auto& state = self->state;
  empty_rings(self);
  while (state.unanswered < node_state::most_unanswered && !state.backlog.empty()) {
    ++state.unanswered;
    self->request(state.metrics, store_patience, batch_atom::value, state.graph->self(),
                  std::move(state.backlog.front()))
        .then(
            [=](std::uint64_t stored) {
              auto& s = self->state;
              --s.unanswered;
              s.confirmed += stored;
              collect(self);
            },
            [=](const caf::error& e) { self->quit(e); });
    state.backlog.pop_front();
  }
  if (state.unanswered == 0) {
    send_events(self);
    for (auto& f : std::exchange(state.flushes, {}))
      f.deliver(state.confirmed);
  }
}

caf::result<std::uint64_t> flush(self_ptr self) {
  if (!self->state.metrics)
    return to_caf({errc::refused, "no run has begun"});
  auto promise = self->make_response_promise<std::uint64_t>();
  self->state.flushes.push_back(promise);
  collect(self);
  return promise;
}

} // namespace peernet::actors::node_steps

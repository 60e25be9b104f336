// SPDX-License-Identifier: MIT
// What the five kinds of stage and link actors understand alike. Each owns one part
// (engine/parts.hpp) and its threads: the samples never pass through a mailbox, the life of the
// part does.
#pragma once

#include "actors/engine/parts.hpp"
#include "actors/protocol.hpp"

namespace peernet {

/// One stage or link of a node.
using part_actor = caf::typed_actor<
    // Begin; sensors fire from the order's start on.
    caf::replies_to<start_atom, start_order>::with<bool>,
    // Counters so far; after `finish`, for good.
    caf::replies_to<report_atom>::with<node_report>,
    // End the part's threads and let leave what still waits to be sent, both until this moment of
    // the machine's clock, in nanoseconds. False: a thread did not come back. Blocks this actor.
    caf::replies_to<finish_atom, std::int64_t>::with<bool>>;

[[nodiscard]] run_window window_of(const start_order& order);

/// A part's report as a message.
[[nodiscard]] node_report to_message(part_report&& r);

/// Adds one report to another.
void merge(node_report& into, node_report&& part);

/// A part actor's state: the part, and whether it is over.
template <class Part>
struct part_state {
  std::shared_ptr<Part> part;
  bool finished = false;
};

/// The behavior that all part actors share. They differ in `start(part, order)`, `finish(part,
/// deadline)` and `report(part, into, finished)`.
template <class Self, class Start, class Finish, class Report>
part_actor::behavior_type part_behavior(Self self, Start start, Finish finish, Report report) {
  return {
      [=](start_atom, const start_order& order) {
        start(*self->state.part, order);
        return true;
      },
      [=](report_atom) {
        part_report r;
        report(*self->state.part, r, self->state.finished);
        return to_message(std::move(r));
      },
      [=](finish_atom, std::int64_t deadline_ns) {
        self->state.finished = true;
        return finish(*self->state.part, stamp_from_ns(deadline_ns));
      },
  };
}

} // namespace peernet

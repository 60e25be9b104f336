// SPDX-License-Identifier: MIT
// The steps of the node actor that have files of their own: shared by these, included by nothing
// else.
#pragma once

#include "actors/node.hpp"

#include <caf/result.hpp>

namespace peernet::actors::node_steps {

using self_ptr = node_actor::stateful_pointer<node_state>;

// Deployment: node_deployment.cpp.
caf::result<node_ready, clock_actor> load(self_ptr self, const deployment& d);
caf::result<endpoint_map> bind(self_ptr self, const run_terms& terms);
caf::result<bool> link(self_ptr self, const endpoint_map& everywhere);
caf::result<bool> meet(self_ptr self, const std::vector<door_line>& doors);
/// Answers `meet` when all are there.
void look_whom_we_met(self_ptr self);
caf::result<clock_news> burst(self_ptr self, const burst_order& order);
/// The burst is over: its answers, and whoever gave none.
void burst_over(self_ptr self);

// Records on their way to the store: node_records.cpp.
inline constexpr duration collecting_period = std::chrono::milliseconds{10};
/// Takes what the rings hold and sends it on while there is credit.
void collect(self_ptr self);
caf::result<std::uint64_t> flush(self_ptr self);

} // namespace peernet::actors::node_steps

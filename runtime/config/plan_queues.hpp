// SPDX-License-Identifier: MIT
// The size of queues that the scenario leaves open: a closed loop must not drop its own samples.
#pragma once

#include "runtime/config/diagnostic.hpp"
#include "runtime/config/plan.hpp"

#include <cstddef>
#include <vector>

namespace peernet {

/// By place: how many samples of closed-loop sensors can be under way to one instance of a stage,
/// or on one lane of a link, at the same moment.
[[nodiscard]] std::vector<std::size_t> most_in_flight_at(const scenario& s, const plan& p);

/// Raises every queue and send queue whose size was not written (`given` knows) to what closed-loop
/// sensors can have in flight there; none becomes smaller than the default, none larger than a
/// queue may be. `s` is validated.
void fit_queues(scenario& s, const sources& given);

} // namespace peernet

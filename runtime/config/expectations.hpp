// SPDX-License-Identifier: MIT
// What [expect.metrics] asks for: which figures a scenario has and which of them is meant. What
// they come to is judged in runtime/trace, when the run is over.
#pragma once

#include "runtime/config/catalogue.hpp"
#include "runtime/config/diagnostic.hpp"
#include "runtime/config/plan.hpp"
#include "runtime/config/scenario.hpp"
#include "runtime/core/condition.hpp"
#include "runtime/core/error.hpp"

#include <vector>

namespace peernet {

/// Adds every mistake in `s.expectations` to `wrong`: unknown targets and figures, ambiguous paths,
/// conditions that are none or are of another unit. Paths are looked up only if the graph is sound;
/// what is wrong with it has been said then.
void check_expectations(const scenario& s, const catalogue& known, mistakes& wrong);

/// The expectations of a valid scenario, in the order of the file, every name resolved. `p` is made
/// of `s`. Error: errc::bad_scenario with the first mistake.
[[nodiscard]] result<std::vector<expected_figure>>
resolve_expectations(const scenario& s, const plan& p, const catalogue& known);

} // namespace peernet

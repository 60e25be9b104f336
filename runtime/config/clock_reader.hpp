// SPDX-License-Identifier: MIT
// What a scenario says of clocks: how they are compared, [clock], and how a node's own goes wrong
// on purpose, `test-clock`. Part of reading.
#pragma once

#include "runtime/config/fields.hpp"
#include "runtime/config/scenario.hpp"

namespace peernet {

/// The keys of [clock].
void read_clock_settings(fields f, clock_settings& c);

/// The keys of `test-clock`. A step or wander of which a key is missing or wrong is left out.
void read_test_clock(fields f, clock_error& c);

} // namespace peernet

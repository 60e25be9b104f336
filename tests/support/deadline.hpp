// SPDX-License-Identifier: MIT
// The one figure of time in tests: how long something that must happen may take on a machine under
// load. A right program never waits for it to pass.
#pragma once

#include <chrono>

namespace peernet {

inline constexpr std::chrono::seconds test_deadline{30};

} // namespace peernet

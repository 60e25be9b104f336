// SPDX-License-Identifier: MIT
// Waiting for something that happens outside of the test: by looking again and again, with a
// deadline that only a failure reaches.
#pragma once

#include "tests/support/deadline.hpp"

#include <chrono>
#include <functional>
#include <string_view>

namespace peernet {

/// Waits until `met` returns true; otherwise the test ends and says what it waited for in vain.
void await_that(std::string_view what, const std::function<bool()>& met,
                std::chrono::milliseconds at_most = test_deadline);

} // namespace peernet

// SPDX-License-Identifier: MIT
// How often this program has taken memory: linking this replaces operator new.
#pragma once

#include <cstdint>

namespace peernet::bench {

/// By all threads, since the program's start.
[[nodiscard]] std::uint64_t allocations() noexcept;

} // namespace peernet::bench

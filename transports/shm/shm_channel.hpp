// SPDX-License-Identifier: MIT
// The transport shm: nodes of one machine hand frames over in shared memory, a ring for each lane.
// Either side may die at any moment; the other goes on. The parts are in shm_*.hpp.
#pragma once

#include "runtime/plugin/registrar.hpp"

#include <cstdint>

namespace peernet {

/// The key `ring` unless it is written, bytes.
inline constexpr std::int64_t default_ring = 16'000'000;

/// Adds "shm". A key of the channel is of no use to it: nothing leaves the machine.
void register_shm_channel(registrar& r);

} // namespace peernet

// SPDX-License-Identifier: MIT
// What can be said of links over UDP before anything is sent: into how many datagrams a sample is
// cut, how many samples a stated packet loss leaves whole, and whether the kernel has room for one.
#pragma once

#include "runtime/config/plan.hpp"
#include "runtime/config/scenario.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace peernet {

/// How much memory the kernel of this machine grants a socket that asks for so much, bytes.
using memory_grant = std::function<std::size_t(std::size_t wanted)>;

/// For people: a line for each link over udp that is no local hand-off, and a warning below it if a
/// node of this machine would receive samples there that its socket cannot hold. Empty without such
/// links. Independent losses are assumed: real ones come in bursts, which spares more samples.
[[nodiscard]] std::string forecast_udp(const scenario& s, const plan& whole,
                                       const memory_grant& granted);

} // namespace peernet

// SPDX-License-Identifier: MIT
// What is known of the other machines of a run once they have answered, and what that means for the
// scenario: some of its mistakes show only then.
#pragma once

#include "actors/engine/load_errors.hpp"
#include "actors/remote/dial.hpp"
#include "actors/remote/messages.hpp"
#include "runtime/config/scenario.hpp"
#include "runtime/core/ids.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace peernet {

struct machine_look {
  machine_facts facts;
  std::string who;            ///< for messages: "10.0.0.5:7447"; of one that joined, its host name
  socket_address at;          ///< its end of our connection
  std::uint32_t path_mtu = 0; ///< on the way there, bytes with IP's header; 0: unknown
};

/// None of children, which are on this machine.
using machine_looks = std::map<node_id, machine_look>;

/// Two nodes that turn out to be played by one daemon, and links within one machine whose ends turn
/// out to be on two.
[[nodiscard]] std::vector<fault> check_machines_met(const scenario& s, const machine_looks& met);

} // namespace peernet

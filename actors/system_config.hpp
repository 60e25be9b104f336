// SPDX-License-Identifier: MIT
// The actor system as every PeerNet process has it: message types registered, middleman loaded and
// listening nowhere, settings fixed here. Neither the command line nor a caf-application.ini is
// read.
#pragma once

#include <caf/actor_system_config.hpp>

#include <string>

namespace peernet {

/// Configuration of a PeerNet process' actor system.
class system_config : public caf::actor_system_config {
public:
  enum class scheduling { threads, test };

  /// `test`: CAF's deterministic test coordinator, no middleman.
  explicit system_config(scheduling how = scheduling::threads);
};

/// Names of all registered message types, one to a line: what two processes compare before they
/// talk.
[[nodiscard]] std::string type_list();

} // namespace peernet

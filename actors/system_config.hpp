// SPDX-License-Identifier: MIT
// The actor system as every PeerNet process has it: message types registered, middleman loaded and
// listening nowhere, settings fixed here. Neither the command line nor a caf-application.ini is
// read.
#pragma once

#include "runtime/core/time.hpp"

#include <caf/actor_system_config.hpp>

#include <string>

namespace peernet {

/// Configuration of a PeerNet process' actor system.
class system_config : public caf::actor_system_config {
public:
  enum class scheduling { threads, test };

  /// A peer that is gone without a word is noticed by heartbeats, after connection_timeout. Longer
  /// than a machine may stand still under load: who wakes up looks at the time before he reads what
  /// came meanwhile. Nodes that do not answer are missed sooner, by the run driver.
  static constexpr duration heartbeat = std::chrono::seconds{1};
  static constexpr duration connection_timeout = std::chrono::seconds{10};

  /// `test`: CAF's deterministic test coordinator, no middleman.
  explicit system_config(scheduling how = scheduling::threads);

  /// When, by the machine's clock: heartbeats count from soon after.
  [[nodiscard]] stamp begun() const noexcept { return begun_; }

private:
  stamp begun_;
};

/// Names of all registered message types, one to a line: what two processes compare before they
/// talk.
[[nodiscard]] std::string type_list();

} // namespace peernet

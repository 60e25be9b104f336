// SPDX-License-Identifier: MIT
// What every engine of the measured path on one node shares, and the log they report trouble to.
#pragma once

#include "runtime/core/clock.hpp"
#include "runtime/core/ids.hpp"
#include "runtime/trace/run_fact.hpp"
#include "transports/end_watcher.hpp"

#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace peernet {

/// Something worth telling the user, from a node.
struct node_event {
  stamp when{}; ///< the node's clock
  severity how = severity::info;
  std::string what;   ///< short and constant, such as "stage failed"
  std::string detail; ///< names the stage or link, and the reason
};

/// Collects events of a node until its actor sends them on. Only trouble comes here, so a lock is
/// fine; a stage that fails with every sample fills it once and is counted from then on. Thread:
/// any.
class event_log {
public:
  static constexpr std::size_t most = 256;

  void add(node_event e) {
    const std::lock_guard lock(mutex_);
    if (events_.size() < most)
      events_.push_back(std::move(e));
    else
      ++suppressed_;
  }

  /// What came since the last call, and how many did not fit.
  [[nodiscard]] std::pair<std::vector<node_event>, std::uint64_t> take() {
    const std::lock_guard lock(mutex_);
    return {std::exchange(events_, {}), std::exchange(suppressed_, 0)};
  }

private:
  std::mutex mutex_;
  std::vector<node_event> events_;
  std::uint64_t suppressed_ = 0;
};

/// Shared by all engines of a node, which it outlives.
struct node_context {
  const peernet::clock* clock = nullptr;
  record_collector* records = nullptr;
  end_watcher* watcher = nullptr;
  event_log* events = nullptr;
  node_id node = 0;
  clock_id clock_number = reference_clock;
  std::uint64_t run = 0; ///< the wire's run number, drawn from the run's secret

  /// Reports trouble with a stage or link.
  void report(severity how, std::string what, std::string detail) const {
    events->add({clock->now(), how, std::move(what), std::move(detail)});
  }
};

} // namespace peernet

// SPDX-License-Identifier: MIT
// A machine's side of a conversation with a coordinator: greets it, takes the files it ships,
// starts a worker of its own for the run, and tells how that ended. Loads no plugin and no model
// itself, so no scenario can bring it down.
#pragma once

#include "actors/remote/file_store.hpp"
#include "actors/remote/frames.hpp"
#include "actors/remote/messages.hpp"
#include "runtime/core/port_range.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

namespace peernet {

/// A node that connects to a coordinator by itself says which one it is, and of what.
struct joining {
  std::string node;     ///< its name in the scenario
  std::string scenario; ///< the scenario's name
  std::string digest;   ///< of the scenario's file here
};

/// Thread: any; serves several coordinators at once, one of them with a run.
class node_service {
public:
  struct settings {
    std::string name;    ///< of this machine's certificate
    std::string program; ///< started as the worker, with worker_arguments()
    std::string plugins; ///< the one folder that plugins may come from; empty: PeerNet's own alone
    port_range ports;    ///< for data
    std::filesystem::path cache;
    std::uint64_t most_shipped = 4ull << 30; ///< bytes, of one run and in the cache
    /// A coordinator that holds this machine and gives no sign for so long loses it.
    duration presence = std::chrono::seconds{20};
    std::function<void(const std::string&)> log; ///< a line for the owner; any thread
    /// Who is served comes to pair instead: its half of an earlier pairing was lost. Empty: nobody
    /// pairs here.
    std::function<void(framed_stream&, const pairing&)> on_pairing = {};
  };

  explicit node_service(settings s);

  /// Serves the coordinator at the other end until it goes, its run is over or `stop`. `who`: its
  /// name, for the log. The worker is gone when this returns. Thread: one that lives as long as the
  /// run, since the worker dies with it. The error, if it ended otherwise than by the run's end or
  /// the coordinator's leave.
  result<void> serve(framed_stream stream, const std::string& who, const std::stop_token& stop,
                     const std::optional<joining>& as = {});

private:
  struct visit;

  [[nodiscard]] machine_facts facts() const;
  void log(const std::string& line) const {
    if (settings_.log)
      settings_.log(line);
  }

  const settings settings_;
  file_store files_; ///< used by whoever has made it busy
  mutable std::mutex mutex_;
  std::string busy_; ///< with which run of whom; empty: free
};

} // namespace peernet

// SPDX-License-Identifier: MIT
// A path between two processes for clock_bench: the other end has a false clock whose error is
// known, answers probes, can send a stream beside them, and can run irtt's server.
#pragma once

#include "runtime/clocks/probe.hpp"
#include "runtime/core/clock.hpp"
#include "transports/probes/probe_service.hpp"

#include <memory>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace peernet {

/// Ends the other process with it. Any failure ends the program with a message.
class probed_path {
public:
  /// Over loopback.
  probed_path() : probed_path("127.0.0.1", "127.0.0.1", "") {}
  ~probed_path();
  probed_path(const probed_path&) = delete;
  probed_path& operator=(const probed_path&) = delete;

  /// Over a veth pair between two new network namespaces; the calling thread stays in one of them.
  /// Null if not permitted.
  static std::unique_ptr<probed_path> between_namespaces();

  struct observation {
    std::vector<probe> probes;
    stamp begin, end; ///< the machine's clock
    std::uint64_t bytes_sent = 0;
    duration cpu{0}; ///< of both ends' services
  };
  /// As a run does: a burst, steady probing every 50 ms, a burst.
  observation probe_for(duration length);

  /// The other end's clock; this end's is the machine's.
  [[nodiscard]] const peernet::clock& remote() const noexcept { return *remote_; }

  /// Datagrams of 1400 bytes from the other end to this, until `stop_load`.
  void start_load(std::uint64_t bits_per_second);
  void stop_load();

  /// Prints what irtt says of round trip and one-way delay, if it is installed.
  void run_irtt(int seconds);

private:
  probed_path(std::string here, std::string there, const std::string& other_namespace);

  void burst(probe_phase phase);

  const std::string here_, there_;
  std::string removed_with_it_; ///< namespaces
  pid_t other_ = -1;
  int to_other_ = -1, from_other_ = -1;
  std::string secret_;
  const peernet::clock own_;
  std::unique_ptr<peernet::clock> remote_;
  std::unique_ptr<probe_service> service_;
  int drain_ = -1; ///< where the load arrives
  std::jthread draining_;
};

} // namespace peernet

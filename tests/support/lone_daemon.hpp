// SPDX-License-Identifier: MIT
// A peernet-node at 127.0.0.1 with a coordinator that it trusts: no network of its own, no root.
// What it holds can be looked at, and what runs scenarios on it is peernet-run, beside whatever
// else a test does to its port.
#pragma once

#include "actors/remote/identity.hpp"
#include "tests/support/await.hpp"
#include "tests/support/marked_process.hpp"
#include "tests/support/run_process.hpp"
#include "tests/support/temp_folder.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace peernet {

/// What a process holds.
struct process_figures {
  std::int64_t memory = 0;      ///< bytes of its own, without files
  std::int64_t most_memory = 0; ///< bytes, the most it ever had in memory, files included
  std::size_t descriptors = 0, threads = 0;
};

/// A process that lives; otherwise the test ends.
[[nodiscard]] process_figures look_at(pid_t pid);

/// Thread: one at a time.
class lone_daemon {
public:
  /// Returns once it listens.
  lone_daemon();
  ~lone_daemon(); ///< kills it, and tells what it said if the test has failed

  [[nodiscard]] pid_t pid() const noexcept { return process_->pid(); }
  [[nodiscard]] bool lives() { return !process_->ended(); }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::string log() const { return process_->err(); }
  [[nodiscard]] const identity& self() const noexcept { return self_; }
  /// May run scenarios here.
  [[nodiscard]] const identity& coordinator() const noexcept { return coordinator_; }

  /// Starts peernet-run; the scenario's node "cloud" is played here.
  [[nodiscard]] run_process run(std::string_view scenario,
                                const std::vector<std::string>& overrides = {}) const;

  /// Nobody's run is here, and no worker.
  void await_free();

private:
  [[nodiscard]] bool starts();
  [[nodiscard]] bool holds(const std::string& text) const;

  const temp_folder folder_;
  const identity self_, coordinator_;
  std::optional<marked_process> process_;
  std::uint16_t port_ = 0;
};

} // namespace peernet

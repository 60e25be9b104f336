// SPDX-License-Identifier: MIT
// What a run shows while it goes on: one line that renews itself on a terminal, a plain line now
// and then elsewhere.
#pragma once

#include "actors/coordinator.hpp"

#include <cstdio>
#include <mutex>
#include <string>

namespace peernet {

/// Writes to standard error, so that standard output stays the summary's. Thread: any.
class progress_line {
public:
  explicit progress_line(bool terminal) : terminal_(terminal) {}

  void show(const run_progress& p);

  /// A line of its own, which stays.
  void say(const std::string& line);

  /// Takes the renewing line away.
  void clear();

private:
  static constexpr duration plain_period = std::chrono::seconds{2};

  std::mutex mutex_;
  const bool terminal_;
  bool shown_ = false;
  std::string step_;
  duration last_plain_{0};
};

} // namespace peernet

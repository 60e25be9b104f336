// SPDX-License-Identifier: MIT
// The truth about a run with false clocks: all its nodes live on one machine, so every raw stamp in
// run.db has a time on the machine's own clock, which is the reference clock. Nothing the program
// estimated goes into it, only what the scenario gave to the nodes and when they began.
#pragma once

#include "runtime/core/clock.hpp"
#include "tests/support/run_database.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace peernet {

/// What a scenario says of its nodes' clocks; nodes that are not in it have the machine's.
using false_clocks = std::map<std::string, clock_error>;

/// Of the conversions of false clocks, here and in the program, and of the views.
inline constexpr std::int64_t rounding_ns = 4;

/// The clocks of a finished run again.
class clock_truth {
public:
  clock_truth(run_database& db, const false_clocks& errors);

  /// The machine's time of a raw stamp of the clock with this number.
  [[nodiscard]] std::int64_t of(std::int64_t clock, std::int64_t stamp) const;
  /// What that clock shows then.
  [[nodiscard]] std::int64_t shown(std::int64_t clock, std::int64_t machine) const;
  /// The run's common start, machine's time.
  [[nodiscard]] std::int64_t start() const noexcept { return start_; }

private:
  std::int64_t start_;
  std::map<std::int64_t, peernet::clock> clocks_; ///< by number; the false ones
};

/// A link's span between two clocks, as it was and as it is reported; ns.
struct crossing {
  std::string link;
  std::int64_t begin = 0; ///< machine's time
  std::int64_t took = 0;
  std::int64_t reported = 0;
  std::int64_t bound = 0;
};

/// All of them, by time. Checks each: what is reported lies within its bound of the truth, and so
/// does its beginning on the reference clock; a Boost.Test check each.
std::vector<crossing> check_crossings(run_database& db, const clock_truth& truth);

/// Checks every span that a false clock had a part in, within one node, too: its duration lies
/// within its bound of the truth. Returns how many there are.
std::size_t check_durations(run_database& db, const clock_truth& truth);

/// Checks the exchanges themselves: their four stamps lie in the order in which they happened.
/// Returns how many there are.
std::size_t check_probes(run_database& db, const clock_truth& truth);

} // namespace peernet

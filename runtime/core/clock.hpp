// SPDX-License-Identifier: MIT
// The only place that reads the operating system's clocks. A node stamps with one `clock` object;
// a test can give it a false one (offset and drift), so that the truth about two nodes' clocks is
// known although they run on one machine.
#pragma once

#include "runtime/core/time.hpp"

#include <ctime>
#include <string>

namespace peernet {

/// How a test clock departs from the machine's: now = machine + offset + drift × (machine −
/// origin).
struct clock_error {
  duration offset{0};
  double drift_ppm = 0;

  [[nodiscard]] bool none() const noexcept { return offset.count() == 0 && drift_ppm == 0; }
  bool operator==(const clock_error&) const = default;
};

/// A node's monotonic clock: CLOCK_MONOTONIC, or that with a stated error for tests.
/// Thread: any; immutable after construction.
class clock {
public:
  /// The machine's own CLOCK_MONOTONIC.
  clock() = default;

  /// A false clock. The drift counts from the moment of construction.
  explicit clock(clock_error error) noexcept;

  /// This clock's time now. About 25 ns: one vDSO call, no system call, no allocation.
  [[nodiscard]] stamp now() const noexcept {
    const auto t = machine_now();
    return error_.none() ? t : from_machine(t);
  }

  /// The machine's CLOCK_MONOTONIC, whatever a test clock says: for deadlines and waits.
  [[nodiscard]] static stamp machine_now() noexcept {
    timespec ts;
    ::clock_gettime(CLOCK_MONOTONIC, &ts);
    return stamp_from_ns(static_cast<std::int64_t>(ts.tv_sec) * 1'000'000'000 + ts.tv_nsec);
  }

  /// What this clock shows when the machine's shows `machine`.
  [[nodiscard]] stamp from_machine(stamp machine) const noexcept;

  /// The machine's time at which this clock shows `t`; inverse of `from_machine` to ±1 ns.
  [[nodiscard]] stamp to_machine(stamp t) const noexcept;

  /// Sleeps until this clock shows `t`; returns at once if that has passed. A signal does not end
  /// the sleep early.
  void sleep_until(stamp t) const noexcept;

  /// Names this clock's domain: machine boot, time namespace and, for a test clock, a part that no
  /// other clock shares. Two nodes with equal domains share one clock: their offset is exactly 0.
  [[nodiscard]] std::string domain() const;

private:
  clock_error error_;
  stamp origin_{};
};

/// Wall-clock time (CLOCK_REALTIME) now: nanoseconds since 1970-01-01 UTC. Only for naming and
/// dating runs; no delay is ever computed from it.
[[nodiscard]] std::int64_t wall_clock_ns() noexcept;

/// `wall_ns` as "20261123T075107Z": sorts by time, fit for a folder's name.
[[nodiscard]] std::string utc_compact(std::int64_t wall_ns);

} // namespace peernet

// SPDX-License-Identifier: MIT
// The only place that reads the operating system's clocks. A node stamps with one `clock` object;
// a test can give it a false one (offset, drift, a step, a wander), so that the truth about two
// nodes' clocks is known although they run on one machine.
#pragma once

#include "runtime/core/time.hpp"

#include <atomic>
#include <ctime>
#include <memory>
#include <numbers>
#include <optional>
#include <string>

namespace peernet {

/// A jump, once.
struct clock_step {
  duration at{0}; ///< after the run's common start, on the machine's clock; not negative
  duration by{0}; ///< below 0: backwards
  bool operator==(const clock_step&) const = default;
};

/// A swing to and fro: amplitude × sin(2π (machine − origin) / period).
struct clock_wander {
  duration amplitude{0};
  duration period = std::chrono::seconds{1}; ///< above 0

  /// `steepest` must stay below this, so that time goes on whatever the drift.
  static constexpr double steepest_allowed = 0.1;

  /// The largest rate by which it departs from true time.
  [[nodiscard]] double steepest() const noexcept {
    return 2 * std::numbers::pi * static_cast<double>(amplitude.count()) /
           static_cast<double>(period.count());
  }
  bool operator==(const clock_wander&) const = default;
};

/// How a test clock departs from the machine's: now = machine + offset + drift × (machine −
/// origin) + wander + step.
struct clock_error {
  duration offset{0};
  double drift_ppm = 0; ///< within ±100 000
  std::optional<clock_step> step = {};
  std::optional<clock_wander> wander = {};

  /// A step or a wander counts even if it is 0 in size.
  [[nodiscard]] bool none() const noexcept {
    return offset.count() == 0 && drift_ppm == 0 && !step && !wander;
  }
  bool operator==(const clock_error&) const = default;
};

/// A node's monotonic clock: CLOCK_MONOTONIC, or that with a stated error for tests.
/// Thread: any; immutable after construction, but for the moment of a step, which is set once.
class clock {
public:
  /// The machine's own CLOCK_MONOTONIC.
  clock() = default;

  /// A false clock. Drift and wander count from the moment of construction.
  explicit clock(clock_error error);

  /// A false clock whose drift and wander count from `origin`, on the machine's clock: the clock of
  /// a node again, made of its scenario and the last number in its domain.
  clock(clock_error error, stamp origin);

  /// Tells when, on the machine's clock, the run's common start is, from which a step counts; until
  /// then there is none. Only the first call counts, for all copies of this clock, too; make it
  /// before the step is due, or the clock steps at the call. Nothing to do without a step.
  void run_begins(stamp machine) const noexcept;

  /// This clock's time now. About 25 ns: one vDSO call, no system call, no allocation.
  [[nodiscard]] stamp now() const noexcept {
    const auto t = machine_now();
    return errs_ ? from_machine(t) : t;
  }

  /// The machine's CLOCK_MONOTONIC, whatever a test clock says: for deadlines and waits.
  [[nodiscard]] static stamp machine_now() noexcept {
    timespec ts;
    ::clock_gettime(CLOCK_MONOTONIC, &ts);
    return stamp_from_ns(static_cast<std::int64_t>(ts.tv_sec) * 1'000'000'000 + ts.tv_nsec);
  }

  /// What this clock shows when the machine's shows `machine`.
  [[nodiscard]] stamp from_machine(stamp machine) const noexcept;

  /// The first machine's time at which this clock shows `t` or more: the inverse of `from_machine`.
  /// What a step forward leaves out is at the step's moment; of what a step back shows twice, it is
  /// the first.
  [[nodiscard]] stamp to_machine(stamp t) const noexcept;

  /// The same from `now` on, a machine's time: for waits, as what was shown before a step back
  /// comes once more.
  [[nodiscard]] stamp to_machine(stamp t, stamp now) const noexcept;

  /// Sleeps until this clock shows `t` or more; returns at once if it does. A signal does not end
  /// the sleep early.
  void sleep_until(stamp t) const noexcept;

  /// Names this clock's domain: machine boot, time namespace and, for a test clock, a part that no
  /// other clock shares. Two nodes with equal domains share one clock: their offset is exactly 0.
  [[nodiscard]] std::string domain() const;

private:
  [[nodiscard]] stamp without_step(stamp machine) const noexcept;
  [[nodiscard]] stamp before_step(stamp t) const noexcept;
  [[nodiscard]] stamp behind_step(stamp t) const noexcept;

  /// Whether the step has come by then.
  [[nodiscard]] bool stepped(stamp machine) const noexcept {
    return step_moment_ && step_moment_->load(std::memory_order_relaxed) <= machine;
  }

  clock_error error_;
  stamp origin_{};
  bool errs_ = false; ///< all that `now` has to ask
  /// On the machine's clock, the end of time before `run_begins`; shared by copies. Null without a
  /// step.
  std::shared_ptr<std::atomic<stamp>> step_moment_;
};

/// Wall-clock time (CLOCK_REALTIME) now: nanoseconds since 1970-01-01 UTC. Only for naming and
/// dating runs; no delay is ever computed from it.
[[nodiscard]] std::int64_t wall_clock_ns() noexcept;

/// `wall_ns` as "20261123T075107Z": sorts by time, fit for a folder's name.
[[nodiscard]] std::string utc_compact(std::int64_t wall_ns);

} // namespace peernet

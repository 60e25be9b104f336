// SPDX-License-Identifier: MIT
// How a network changed over time, from a CSV file: delay, loss and rate, step by step, over and
// over. `links.X.impair.trace` names such a file.
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/core/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace peernet {

/// From one moment to the next; what the file has no column for is absent in all of its steps.
struct network_step {
  duration from{0};
  std::optional<duration> delay;
  std::optional<double> loss; ///< 0…1
  std::optional<double> rate; ///< bit/s
};

/// A trace. Thread: any; immutable.
class network_trace {
public:
  /// Reads a CSV text. Its first line names the columns and their units, in any order: `time_s` or
  /// `time_ms`, and at least one of `delay_ms` or `delay_us`, `loss_percent`, `rate_mbit` or
  /// `rate_kbit` (per second). Then a line for each step, which holds until the time of the next;
  /// times begin at 0 and ascend. The last line has a time and nothing else: there the trace
  /// begins again. Empty lines and those that begin with # do not count.
  /// Errors: errc::unreadable, begins with the line's number: "3: …".
  [[nodiscard]] static result<network_trace> parse(std::string_view text);

  /// Reads a file of at most 16 MiB. Errors: errc::not_found, errc::unreadable; begin with the
  /// file's name.
  [[nodiscard]] static result<network_trace> load(const std::string& path);

  /// What holds `since` its beginning; not below 0.
  [[nodiscard]] const network_step& at(duration since) const noexcept;

  [[nodiscard]] bool has_delay() const noexcept { return steps_.front().delay.has_value(); }
  [[nodiscard]] bool has_loss() const noexcept { return steps_.front().loss.has_value(); }
  [[nodiscard]] bool has_rate() const noexcept { return steps_.front().rate.has_value(); }
  [[nodiscard]] bool loses() const noexcept; ///< in some step
  [[nodiscard]] duration length() const noexcept { return length_; }
  [[nodiscard]] const std::vector<network_step>& steps() const noexcept { return steps_; }

private:
  std::vector<network_step> steps_; ///< at least one; ascending
  duration length_{0};
};

} // namespace peernet

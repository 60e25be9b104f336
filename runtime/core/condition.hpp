// SPDX-License-Identifier: MIT
// A figure of a run and what is expected of it: "p95 < 250ms". The grammar and the plain structs;
// which figures a scenario has is the business of runtime/config, what they came to of
// runtime/trace.
#pragma once

#include "runtime/core/error.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace peernet {

/// What a figure is counted in. Numbers are pinned: they are stored.
enum class figure_unit : std::uint8_t {
  time_span = 0, ///< ns
  share = 1,     ///< 0…1
  rate = 2,      ///< Hz
  bitrate = 3,   ///< bits per second
  number = 4,    ///< plain
  size = 5,      ///< bytes
  decibel = 6,   ///< dB
};

/// Figures that every sample has of its own (durations, sizes, decibels, plain numbers) are spoken
/// of by a statistic over the run; shares and rates are one figure of the whole run.
[[nodiscard]] constexpr bool takes_statistic(figure_unit unit) noexcept {
  return unit == figure_unit::time_span || unit == figure_unit::number ||
         unit == figure_unit::size || unit == figure_unit::decibel;
}

/// A value of a unit for people: "61.2 ms", "0.33 %", "9.98 Hz", "12.1 Mbit/s", "3.5", "12.4 kB",
/// "38.2 dB".
[[nodiscard]] std::string show_figure(figure_unit unit, double value);

enum class statistic : std::uint8_t { none, mean, min, p50, p90, p95, p99, p999, max };

[[nodiscard]] std::string_view to_string(statistic s) noexcept; ///< "p99.9"; "" for none

/// 0.99 for p99; nothing for what is no percentile.
[[nodiscard]] std::optional<double> percentile_share(statistic s) noexcept;

enum class comparison : std::uint8_t { less, at_most, more, at_least };

/// A comparison of a figure, or of a statistic of it, with a limit in the figure's base unit (ns,
/// 0…1, Hz, bits per second, plain, bytes, dB).
struct condition {
  statistic of = statistic::none;
  comparison how = comparison::less;
  double limit = 0;

  [[nodiscard]] bool holds(double measured) const noexcept;
  bool operator==(const condition&) const = default;
};

/// "p95 < 250ms" on a duration, "< 2%" on a share, ">= 9.5Hz" on a rate, "> 5Mbit" on a bit rate,
/// "mean > 1" on a plain number, "p90 < 20kB" on a size, "min > 30dB" on decibels; blanks do not
/// matter. The statistic (mean, min, p50, p90, p95, p99, p99.9, max) is required where
/// `takes_statistic(unit)` and refused elsewhere. Error: errc::bad_scenario, with what is wrong and
/// how it is written.
[[nodiscard]] result<condition> parse_condition(std::string_view text, figure_unit unit);

/// What a figure is of. Numbers are pinned: they are stored.
enum class figure_kind : std::uint8_t {
  path = 0,   ///< `name` is "end-to-end"
  step = 1,   ///< of a place
  value = 2,  ///< a number that an inference or a link reports for each sample
  link = 3,   ///< a share of frames, or "throughput"
  sink = 4,   ///< the share of an outcome
  sensor = 5, ///< a share of slots, or "rate"
};

/// A figure of a run, and the condition it is expected to fulfil.
struct expected_figure {
  std::string metric;    ///< as the user wrote it: "camera->actuator.end-to-end"
  std::string condition; ///< as the user wrote it; parse_condition() reads it in `unit`
  figure_kind kind = figure_kind::path;
  std::string target; ///< a place's name, or a path by all of its stages
  std::string name;   ///< "end-to-end", "infer", "loss"
  figure_unit unit = figure_unit::time_span;
  std::string inapplicable; ///< why the scenario, as it is, has no such figure; empty: it has

  bool operator==(const expected_figure&) const = default;
};

} // namespace peernet

// SPDX-License-Identifier: MIT
// What a run says in the end, as plain structs: verdict, steps, links, outcomes, paths, clocks, the
// measurement's own cost. Made from the store; printed for a terminal; exported as summary.json.
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/core/time.hpp"
#include "runtime/trace/record.hpp"
#include "runtime/trace/statistics.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace peernet {

class store;

/// Can the figures be trusted? What a scenario expects of them is judged elsewhere. The worst that
/// applies, in this order.
enum class run_verdict : std::uint8_t {
  valid,       ///< every sample is accounted for and every figure holds within its bound
  invalid,     ///< `problems` says what is wrong with the measurement
  interrupted, ///< the user stopped it; what was measured until then stands
  node_lost,   ///< a node's process or connection ended during the run
};

[[nodiscard]] std::string_view to_string(run_verdict v) noexcept;

/// Everything a run sums up to. Warm-up samples are in no statistic; they are in `intended` and in
/// the outcomes' `warmup` counts, and in the links' counters.
struct run_summary {
  /// One step of one place, over all copies.
  struct step_row {
    std::string place;
    std::string step;
    distribution durations;
    std::optional<double> share; ///< of the end-to-end time of the delivered samples that took it
    std::int64_t bound_ns = 0;   ///< largest ± of a duration; 0: both ends share one clock
  };

  /// One way from a sensor to a sink, over all copies: intended time → the sink has acted.
  struct path_row {
    std::string path; ///< "camera->detector->actuator"
    distribution end_to_end;
    std::int64_t bound_ns = 0;
    double unexplained = 0; ///< share of the time that no step covers
  };

  /// A link over all lanes; nothing: an end never reported.
  struct link_row {
    std::string name;
    std::string from;
    std::string to;
    std::string transport;
    std::optional<std::uint64_t> sent, delivered, lost, duplicated, reordered, dropped, corrupt;
    std::optional<std::uint64_t> bytes_sent, bytes_received;
    std::optional<double> throughput; ///< received, bits per second of the run's duration
  };

  /// How the samples ended at one sink, over all copies.
  struct outcome_row {
    std::string sink;
    std::array<std::uint64_t, outcome_count> counts{}; ///< index: outcome; without warm-up
    std::uint64_t warmup = 0;                          ///< all outcomes of warm-up samples
    std::uint64_t late = 0;      ///< arrivals after the sample had expired, warm-up included
    std::uint64_t duplicate = 0; ///< further arrivals of a delivered sample, warm-up included
  };

  struct clock_row {
    std::string node;
    std::optional<std::int64_t> offset_ns; ///< node minus reference; nothing: no estimate
    std::int64_t bound_ns = 0;             ///< at its best
    std::int64_t worst_bound_ns = 0;       ///< over the run
    bool shared = false;                   ///< it is the reference clock itself
  };

  /// What measuring cost.
  struct overhead {
    std::uint64_t records = 0;  ///< emitted by the nodes, as far as they told
    std::uint64_t stored = 0;   ///< records in the store
    std::uint64_t lost = 0;     ///< met a full buffer
    std::uint64_t database = 0; ///< bytes of run.db
  };

  std::string name; ///< of the scenario: key "scenario" of the view run
  run_verdict verdict = run_verdict::valid;
  std::vector<std::string> problems; ///< why the measurement is invalid; empty: it is valid
  std::vector<std::string> lost_nodes;
  std::int64_t begin_ns = 0;      ///< first intended time, reference clock
  duration length{0};             ///< first intended time → last terminal event
  std::uint64_t intended = 0;     ///< samples, warm-up included
  std::uint64_t warmup = 0;       ///< of them in the warm-up
  std::vector<step_row> steps;    ///< in the order a sample meets them
  std::vector<path_row> paths;    ///< by name
  std::vector<link_row> links;    ///< as the scenario lists them
  std::vector<outcome_row> sinks; ///< as the scenario lists them
  std::vector<clock_row> clocks;  ///< as the scenario lists the nodes
  overhead own;
};

/// Sums up what the store holds, without changing it: settles every trace, checks the books.
/// Right only when the clocks have been estimated; `finish_run` (finish.hpp) does that first.
[[nodiscard]] result<run_summary> summarise(store& s);

/// Text for a terminal, UTF-8, at most 100 columns, ending with a newline.
[[nodiscard]] std::string print_summary(const run_summary& s);

} // namespace peernet

// SPDX-License-Identifier: MIT
// What a run says in the end, as plain structs: verdict, expectations, steps, links, outcomes,
// paths, clocks, the measurement's own cost. Made from the store; printed for a terminal; exported
// as summary.json.
#pragma once

#include "runtime/clocks/clock_estimate.hpp"
#include "runtime/clocks/clock_news.hpp"
#include "runtime/core/condition.hpp"
#include "runtime/core/error.hpp"
#include "runtime/core/time.hpp"
#include "runtime/trace/link_end.hpp"
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

/// Can the figures be trusted, and are they what the scenario expects? The worst that applies, in
/// this order.
enum class run_verdict : std::uint8_t {
  valid,       ///< every sample is accounted for, every figure holds within its bound, and no
               ///< expectation is left open
  failed,      ///< an expectation was not met
  undecidable, ///< whether an expectation was met cannot be told
  invalid,     ///< `problems` says what is wrong with the measurement
  interrupted, ///< the user stopped it; what was measured until then stands
  node_lost,   ///< a node's process or connection ended during the run
};

[[nodiscard]] std::string_view to_string(run_verdict v) noexcept;

/// What became of an expectation.
enum class expectation_verdict : std::uint8_t {
  passed,
  failed,
  undecidable,    ///< too few samples, nothing measured, or the limit lies within the clock bound
  not_applicable, ///< the arrangement has no such figure: neither good nor bad
};

[[nodiscard]] std::string_view to_string(expectation_verdict v) noexcept;

/// Everything a run sums up to. Warm-up samples are in no statistic; they are in `intended` and in
/// the outcomes' `warmup` counts, and in the links' counters.
struct run_summary {
  /// One step of one place, over all copies.
  struct step_row {
    std::string place;
    std::string step;
    distribution durations;
    std::optional<double> share; ///< of the end-to-end time of the delivered samples that took it
    std::int64_t bound_ns = 0;   ///< largest ± of a duration; 0: all by the reference clock
  };

  /// One way from a sensor to a sink, over all copies: intended time → the sink has acted, of the
  /// first arrival by this way of each sample that was delivered there, by whatever way.
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
    std::vector<link_count> counts;   ///< what only this kind of link has, both ends together
  };

  /// How the samples ended at one sink, over all copies.
  struct outcome_row {
    std::string sink;
    std::array<std::uint64_t, outcome_count> counts{}; ///< index: outcome; without warm-up
    std::uint64_t warmup = 0;                          ///< all outcomes of warm-up samples
    std::uint64_t late = 0;      ///< arrivals after the sample had expired; without warm-up
    std::uint64_t duplicate = 0; ///< further arrivals of a delivered sample; without warm-up
  };

  /// What a sensor did, over all copies.
  struct sensor_row {
    std::string sensor;
    std::uint64_t slots = 0; ///< whose time came, fired or not
    std::uint64_t skipped = 0;
    std::uint64_t failed = 0;
    std::optional<double> rate; ///< Hz, samples got; mean of the copies; nothing: one slot or none
  };

  /// A figure that an inference or a link reported for each sample, over all copies or lanes.
  struct value_row {
    std::string place;
    std::string name;
    figure_unit unit = figure_unit::number;
    number_distribution figures;
  };

  /// A condition of the scenario, and what it came to.
  struct expectation_row {
    std::string metric;    ///< as the user wrote it
    std::string condition; ///< as the user wrote it
    expectation_verdict verdict = expectation_verdict::undecidable;
    figure_unit unit = figure_unit::time_span;
    std::optional<double> measured; ///< ns, 0…1, Hz, bits per second, plain
    double bound = 0;               ///< ± of it; 0: by the reference clock alone
    std::string note;               ///< why it is undecidable or not applicable
  };

  struct clock_row {
    std::string node;
    std::optional<std::int64_t> offset_ns; ///< node minus reference; nothing: no estimate
    std::int64_t bound_ns = 0;             ///< at its best
    std::int64_t worst_bound_ns = 0;       ///< over the run
    bool shared = false;                   ///< it is the reference clock itself
  };

  /// Two nodes that probed each other's clocks on one network.
  struct clock_pair_row {
    std::string asker, answerer;
    std::string network; ///< empty: the default one
    std::string method;  ///< "udp" or "control"
    bool shared = false; ///< one clock: the offset is 0 in truth
    std::uint64_t exchanges = 0;
    std::uint64_t bad_stamps = 0; ///< more exchanges, which no figure counts
    std::int64_t shortest_ns = 0; ///< round trip
    std::int64_t median_ns = 0;   ///< round trip
    std::int64_t offset_ns = 0;   ///< answerer − asker, in the middle of the run or near to it
    double drift_ppb = 0;         ///< then
    std::int64_t bound_ns = 0;    ///< then
    std::int64_t worst_bound_ns = 0;
    std::optional<std::int64_t> least_squares_ns; ///< its largest difference from the estimate
  };

  /// Three nodes that all probed each other: the sum of the offsets round the loop.
  struct clock_loop_row {
    std::string a, b, c;
    std::int64_t residual_ns = 0;
    std::int64_t bound_ns = 0;
  };

  /// An event; or all of one kind at one node, if there are more of them than told_singly.
  struct event_row {
    static constexpr int told_singly = 4;

    std::string severity; ///< "info", "warning", "error"
    std::string node;     ///< or "coordinator"
    std::string what;
    std::string detail; ///< of the first
    std::uint64_t count = 0;
    std::optional<std::int64_t> first_ns; ///< reference clock; nothing: not mapped
  };

  /// What measuring cost.
  struct overhead {
    std::uint64_t records = 0;     ///< emitted by the nodes, as far as they told
    std::uint64_t stored = 0;      ///< records in the store
    std::uint64_t lost = 0;        ///< met a full buffer
    std::uint64_t database = 0;    ///< bytes of run.db
    std::uint64_t probe_bytes = 0; ///< sent for clock probes by all nodes, headers included
    duration probe_cpu{0};         ///< that probing cost all nodes together
    double probe_rate = 0;         ///< of these bytes, each second between the bursts
    probe_mishaps mishaps;         ///< of clock probes, all nodes together
  };

  std::string name; ///< of the scenario: key "scenario" of the view run
  run_verdict verdict = run_verdict::valid;
  std::vector<std::string> problems; ///< why the measurement is invalid; empty: it is valid
  std::vector<std::string> lost_nodes;
  std::vector<expectation_row> expectations; ///< as the scenario lists them
  std::int64_t begin_ns = 0;                 ///< first intended time, reference clock
  duration length{0};                        ///< first intended time → last terminal event
  std::uint64_t intended = 0;                ///< samples, warm-up included
  std::uint64_t warmup = 0;                  ///< of them in the warm-up
  std::vector<step_row> steps;               ///< in the order a sample meets them
  std::vector<path_row> paths;               ///< by name
  std::vector<link_row> links;               ///< as the scenario lists them
  std::vector<outcome_row> sinks;            ///< as the scenario lists them
  std::vector<sensor_row> sensors;           ///< as the scenario lists them
  std::vector<value_row> values;             ///< by place, as the scenario lists them, and name
  std::vector<clock_row> clocks;             ///< as the scenario lists the nodes
  std::vector<clock_pair_row> clock_pairs;
  std::vector<clock_loop_row> clock_loops;
  std::vector<event_row> events;        ///< by their first time
  std::vector<clock_notice> impossible; ///< the first duration wholly below 0 of each step
  overhead own;
};

/// Sums up what the store holds, without changing it: settles every trace, checks the books,
/// judges the expectations.
/// Right only when the clocks have been estimated; `finish_run` (finish.hpp) does that first.
[[nodiscard]] result<run_summary> summarise(store& s);

/// Text for a terminal, UTF-8, at most 100 columns, ending with a newline.
[[nodiscard]] std::string print_summary(const run_summary& s);

} // namespace peernet

// SPDX-License-Identifier: MIT
// What the progress line shows while a run goes on: cheap, bounded in memory, good to a percent.
// The truth comes from the store in the end.
#pragma once

#include "runtime/clocks/clock_map.hpp"
#include "runtime/core/time.hpp"
#include "runtime/trace/record.hpp"
#include "runtime/trace/route_tree.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace peernet {

/// Counts durations in buckets that grow with them: any percentile to within 0.8 %, in 30 kB.
class log_histogram {
public:
  log_histogram() : buckets_(bucket_count) {}

  /// Negative values count as 0.
  void add(std::int64_t ns) noexcept;

  /// The nearest-rank percentile; nothing with fewer than `values_needed(share)` values.
  [[nodiscard]] std::optional<std::int64_t> percentile(double share) const noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

private:
  static constexpr int sub_bits = 6; // 64 buckets per doubling
  static constexpr std::size_t bucket_count = (64 - sub_bits) << sub_bits;

  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
};

/// Live figures of a run. Thread: confined to one. Keeps references to the layout.
class live_figures {
public:
  /// A sample without a last word after `patience` no longer counts as in flight.
  explicit live_figures(const layout& shape, duration patience = std::chrono::seconds{10});

  /// Better knowledge of the clocks; at first only times of one clock are compared.
  void set_clocks(clock_map clocks) { clocks_ = std::move(clocks); }

  /// Takes records in the order they come in. `now`: the caller's clock, never going back.
  void add(std::span<const record> records, stamp now);

  struct snapshot {
    std::uint64_t intended = 0;                        ///< slots whose time came, fired or not
    std::uint64_t delivered = 0;                       ///< arrivals at sinks
    std::uint64_t in_flight = 0;                       ///< samples not yet ended at every sink
    std::uint64_t overdue = 0;                         ///< samples given up waiting for
    std::uint64_t lost = 0;                            ///< samples that ended and reached no sink
    std::uint64_t sinks = 0;                           ///< copies counted one by one
    std::array<std::uint64_t, outcome_count> events{}; ///< terminal events; index: outcome
    double delivered_per_second = 0;                   ///< over the last second
    std::optional<duration> p50, p99;    ///< end to end, from the intended time; without warm-up
    std::optional<duration> clock_bound; ///< the widest of all clocks against the reference;
                                         ///< nothing: there is only one, or none is known yet
  };

  /// `now`: the reference clock.
  [[nodiscard]] snapshot now(stamp now);

private:
  struct pending {
    std::optional<record> sample;
    std::optional<record> arrival; // came in before the sample's own record
    std::int64_t open = 0;         // sink routes without a last word
    bool arrived = false;          // at any sink
  };

  [[nodiscard]] bool concerns(const record& r) const;
  void sample(const record& r, pending& p);
  void fate(const record& r, pending& p);
  void latency(const record& sample, const record& arrival);
  void age(stamp now);

  const layout& shape_;
  route_tree tree_;
  clock_map clocks_;
  duration patience_;
  std::unordered_map<std::uint64_t, pending> pending_;
  std::deque<std::pair<stamp, std::uint64_t>> queue_;   // when first seen, trace
  std::deque<std::pair<stamp, std::uint64_t>> arrived_; // when, how many; the last second's
  log_histogram latencies_;
  snapshot sums_;
};

} // namespace peernet

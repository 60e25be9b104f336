// SPDX-License-Identifier: MIT
// Settling: each intended sample gets, at each sink it could have reached, exactly one outcome and
// the place where it happened.
#pragma once

#include "runtime/trace/joined_trace.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace peernet {

/// How one sample ended at one sink.
struct ending {
  std::uint32_t sink = 0; ///< index into route_tree::sinks()
  peernet::outcome outcome = peernet::outcome::unfinished;
  place_id place = 0; ///< where: the sink, or the stage or link it did not get past
  route_id route = 0; ///< the way it came by, as far as it came
  std::optional<joined_trace::fate_fact> arrival; ///< delivered: the first arrival
  std::uint32_t late = 0;                         ///< arrivals after it had expired
  std::uint32_t duplicate = 0;                    ///< arrivals after the delivery
};

/// The rules, in this order, per sample and sink:
/// 1. its sensor says it skipped the slot → skipped;
/// 2. its sensor declared it expired before the first arrival → expired; arrivals count as late.
///    Times are compared on the reference clock; where they cannot be mapped, expired stands;
/// 3. it arrived → delivered; further arrivals count as duplicates;
/// 4. a terminal event happened on some way to the sink → the earliest of them;
/// 5. a link on some way sent it and its other end, which reported its final count and was not
///    lost, never received it → lost there, at the first such link;
/// 6. its sensor recorded that the slot did not fire, and nothing else is known → skipped;
/// 7. unfinished, at the furthest place it is known to have reached.
/// Thread: any; immutable.
class settler {
public:
  explicit settler(const run_context& context);

  /// One ending for each sink that the trace's sensor reaches, in the sinks' order.
  void settle(const joined_trace& t, std::vector<ending>& out) const;

private:
  /// A terminal event of the trace under the rules.
  struct event {
    joined_trace::fate_fact fact;
    peernet::outcome outcome = peernet::outcome::delivered;
    route_id route = 0;
    std::optional<std::int64_t> at; ///< reference clock; nothing: it cannot be mapped
  };

  [[nodiscard]] std::vector<event> events_of(const joined_trace& t) const;
  [[nodiscard]] std::vector<route_id> losses_of(const joined_trace& t) const;
  [[nodiscard]] std::optional<route_id> furthest(const joined_trace& t,
                                                 const route_tree::reach& way) const;

  const run_context& context_;
  std::set<std::pair<place_id, std::uint16_t>> reconciled_; // link, lane
};

/// Sums over a whole run.
struct settlement {
  struct sink_total {
    std::array<std::uint64_t, outcome_count> counts{}; ///< index: outcome; without warm-up
    std::array<std::uint64_t, outcome_count> warmup{};
    std::uint64_t late = 0;
    std::uint64_t duplicate = 0;
    std::uint64_t warmup_repeats = 0; ///< late and duplicate arrivals of warm-up samples
  };

  std::vector<sink_total> sinks;       ///< index: as route_tree::sinks()
  std::vector<std::uint64_t> intended; ///< index: trace_id::sensor(); warm-up included
  std::uint64_t warmup = 0;            ///< intended samples that belong to the warm-up

  explicit settlement(const run_context& context)
      : sinks(context.tree.sinks().size()), intended(context.shape.sensors.size()) {}

  void add(const joined_trace& t, const std::vector<ending>& endings);
};

/// Settles every trace of the store and writes the endings into it, in place of earlier ones.
[[nodiscard]] result<void> settle_run(store& s, const run_context& context);

} // namespace peernet

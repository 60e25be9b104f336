// SPDX-License-Identifier: MIT
// Joining: all that is known about one intended sample, whatever node told it, trace after trace
// and straight from the store; memory for one trace at a time. Stamps are raw still.
#pragma once

#include "runtime/clocks/clock_map.hpp"
#include "runtime/trace/route_tree.hpp"
#include "runtime/trace/store.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace peernet {

/// What all readers of a run need beside its traces. Not movable: its parts refer to each other.
struct run_context {
  layout shape;
  route_tree tree;
  clock_map clocks;
  std::vector<record_origin> origins; ///< index: origin number
  std::vector<link_end> link_ends;
  std::vector<bool> lost_nodes; ///< index: node_id

  run_context(layout l, std::vector<clock_segment> segments, std::vector<record_origin> o,
              std::vector<link_end> ends, std::vector<bool> lost);
  run_context(const run_context&) = delete;
  run_context& operator=(const run_context&) = delete;

  /// errc::unreadable if records name routes, nodes or sensors that the layout does not have.
  [[nodiscard]] static result<std::unique_ptr<run_context>> load(store& s);

  [[nodiscard]] const layout::place& place_of(route_id route) const {
    return shape.places[shape.routes[route].place];
  }
  /// A step's name, the user's own included.
  [[nodiscard]] std::string step_name(std::uint16_t what) const;
};

/// All records of one intended sample.
struct joined_trace {
  struct sample_fact {
    clock_id clock = 0;
    std::int64_t intended_ns = 0;
    std::optional<std::int64_t> sensed_ns; ///< nothing: the slot did not fire
    std::int64_t bytes = 0;
  };
  struct span_fact {
    std::uint32_t origin = 0;
    std::uint32_t output = 0;
    std::int64_t begin_ns = 0;
    std::int64_t end_ns = 0;
  };
  struct sent_fact {
    std::uint32_t origin = 0;
    std::uint32_t output = 0;
    std::int64_t at_ns = 0;
    std::int64_t bytes = 0;
  };
  struct fate_fact {
    std::uint32_t origin = 0;
    std::uint32_t output = 0;
    std::int64_t at_ns = 0;
  };

  trace_id id;
  bool warmup = false;
  std::optional<sample_fact> sample; ///< nothing: the sensor's own record never arrived
  std::vector<span_fact> spans;
  std::vector<sent_fact> sent;
  std::vector<fate_fact> fates;
};

/// Reads traces in ascending order. The store must outlive it and must not be closed meanwhile.
class trace_reader {
public:
  trace_reader(store& s, const run_context& context);

  /// The next trace; false at the end or on a failure, which the store's database then holds.
  [[nodiscard]] bool next(joined_trace& out);

private:
  /// A cursor over one table, standing on its next row.
  struct cursor {
    sql_statement rows;
    bool more = false;

    explicit cursor(sql_statement s) : rows(std::move(s)) { advance(); }
    void advance() { more = rows.next(); }
    [[nodiscard]] std::uint64_t trace() const { return rows.number<std::uint64_t>(0); }
    [[nodiscard]] bool at(std::uint64_t trace_number) const {
      return more && trace() == trace_number;
    }
  };

  const run_context& context_;
  cursor samples_, spans_, sent_, fates_;
};

} // namespace peernet

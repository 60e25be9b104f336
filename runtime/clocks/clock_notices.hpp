// SPDX-License-Identifier: MIT
// What people are told of clocks: names, figures and causes in words.
#pragma once

#include "runtime/clocks/clock_estimate.hpp"
#include "runtime/clocks/clock_pairs.hpp"
#include "runtime/clocks/clock_steps.hpp"
#include "runtime/clocks/interval_course.hpp"
#include "runtime/clocks/silences.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace peernet {

/// Collects notices. Thread: one at a time.
class clock_notices {
public:
  /// Knows the clocks and nodes that occur in `facts`, which outlive this.
  explicit clock_notices(const clock_facts& facts);

  /// One node of each clock that occurs.
  [[nodiscard]] const std::map<clock_id, node_id>& nodes() const noexcept { return nodes_; }
  [[nodiscard]] std::vector<clock_notice> take() { return std::move(all_); }

  void step(const clock_step_found& s);
  /// All events of a course but its steps.
  void events(const clock_course& of, clock_id from, clock_id to);
  /// The exchanges of two nodes with one clock exclude that they have, by so much.
  void shared_differ(const node_pair& p, std::int64_t time_ns, std::int64_t by_ns);
  void loop_open(const clock_loop& l, const node_pair& first);
  void undisciplined(clock_id from, clock_id to, clock_notice::weight how);
  void system_contradicts(clock_id from, clock_id to, const course_conflict& c);
  void paths_contradict(clock_id from, clock_id to, const course_conflict& c);
  /// Datagrams did not pass for a while. `before`, `reached`: the bound between the two clocks
  /// then, and at its widest meanwhile; nothing: there was none, for a part of it at least.
  void silent(const probed_path& path, const probe_silence& s, std::optional<std::int64_t> before,
              std::optional<std::int64_t> reached);
  /// All that the coordinator and a node know of each other they know over this path, the control
  /// plane. Nothing is told of an isolated node that shares the coordinator's clock.
  void never_by_udp(const probed_path& path);
  void steered(const clock_discipline& before, const clock_discipline& after);

private:
  void know(clock_id clock, node_id node);
  [[nodiscard]] std::int64_t beginning() const;
  [[nodiscard]] node_id node_of(clock_id clock) const;
  [[nodiscard]] std::string name(node_id node) const;
  [[nodiscard]] std::string name_of(clock_id clock) const { return name(node_of(clock)); }
  void add(clock_notice::weight how, std::int64_t time_ns, clock_id clock, node_id node,
           std::string what, std::string detail);

  const clock_facts& facts_;
  std::map<clock_id, node_id> nodes_;
  std::vector<clock_notice> all_;
};

} // namespace peernet

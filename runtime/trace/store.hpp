// SPDX-License-Identifier: MIT
// run.db: the one store of a run. While the run goes on, raw facts are appended; what a call has
// returned for survives the death of the process. What the facts mean together (clock segments,
// outcomes) is derived at the end by finish.hpp, and can be derived again for ever. schema.hpp
// holds the tables and the views, which are the users' interface.
#pragma once

#include "runtime/clocks/clock_estimate.hpp"
#include "runtime/clocks/clock_segment.hpp"
#include "runtime/clocks/discipline.hpp"
#include "runtime/clocks/probe.hpp"
#include "runtime/core/condition.hpp"
#include "runtime/core/error.hpp"
#include "runtime/trace/layout.hpp"
#include "runtime/trace/link_end.hpp"
#include "runtime/trace/record.hpp"
#include "runtime/trace/run_fact.hpp"
#include "runtime/trace/sqlite.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace peernet {

/// What the records of one kind, place and clock have in common; stored once.
struct record_origin {
  record_kind kind = record_kind::span;
  std::uint16_t what = 0;
  route_id route = 0;
  std::uint16_t copy = 0;
  node_id begin_node = 0;
  node_id end_node = 0;
  clock_id begin_clock = 0;
  clock_id end_clock = 0;
  bool warmup = false;

  bool operator==(const record_origin&) const = default;
};

/// A run's database. Every function that writes is one transaction: it happens as a whole or not at
/// all. Errors: errc::io (disk full, not writable), errc::unreadable (not a run), with the path.
/// Thread: confined to one at a time.
class store {
public:
  /// Makes a new database; the folder must exist and the file must not.
  [[nodiscard]] static result<store> create(const std::filesystem::path& path);

  enum class access : std::uint8_t { read, finish };
  /// Opens what `create` made, finished or not: to read it, or to finish it (again).
  [[nodiscard]] static result<store> open(const std::filesystem::path& path, access mode);

  /// Names and shape of the run; before the first record. A later call replaces the earlier.
  [[nodiscard]] result<void> set_layout(const layout& shape);

  /// A line of the view `run`. Replaces an earlier value.
  [[nodiscard]] result<void> set_run(std::string_view key, std::string_view value);

  /// What the scenario expects of the run's figures. A later call replaces the earlier.
  [[nodiscard]] result<void> set_expectations(std::span<const expected_figure> all);

  /// Appends records, at least 500 000 per second and core in batches of 4096.
  [[nodiscard]] result<void> append(std::span<const record> records);
  [[nodiscard]] result<void> append_probes(std::span<const probe> probes);
  [[nodiscard]] result<void> append_looks(std::span<const clock_discipline> looks);
  [[nodiscard]] result<void> append_event(const run_event& e);
  [[nodiscard]] result<void> append_link_end(const link_end& e);
  [[nodiscard]] result<void> append_counts(std::span<const reported_count> counts);

  /// The node's process or connection ended while it was still needed; `tolerated`: the scenario
  /// lets the others go on.
  [[nodiscard]] result<void> mark_node_lost(node_id node, bool tolerated = false);

  /// How the run came to its end; without it the run counts as cut off.
  [[nodiscard]] result<void> set_run_end(run_end end);

  [[nodiscard]] result<layout> read_layout();
  [[nodiscard]] result<std::vector<probe>> read_probes();
  [[nodiscard]] result<std::vector<clock_discipline>> read_looks();
  [[nodiscard]] result<std::vector<link_end>> read_link_ends();
  [[nodiscard]] result<std::vector<reported_count>> read_counts();
  [[nodiscard]] result<std::vector<record_origin>> read_origins(); ///< index: origin number
  [[nodiscard]] result<std::vector<clock_segment>> read_segments();
  /// Indexed by node.
  [[nodiscard]] result<std::vector<bool>> read_lost_nodes();
  [[nodiscard]] result<std::vector<expected_figure>> read_expectations();
  /// Empty if the key was never set.
  [[nodiscard]] result<std::string> read_run(std::string_view key);

  /// Replaces the clock segments. The reference clock's own is added.
  [[nodiscard]] result<void> write_segments(std::span<const clock_segment> segments);
  /// Adds to what the clocks came to.
  [[nodiscard]] result<void> append_notices(std::span<const clock_notice> notices);
  /// Replaces everything that is known of the clocks, segments included.
  [[nodiscard]] result<void> write_clocks(const clock_estimates& all);

  /// From now on more is read than written: a larger cache, and files for what is sorted.
  void prepare_reading();

  /// For the other files of this folder.
  [[nodiscard]] sql_database& database() noexcept { return db_; }

private:
  struct origin_hash {
    std::size_t operator()(const record_origin& o) const noexcept;
  };

  explicit store(sql_database db) : db_(std::move(db)) {}

  void prepare_writing();
  void load_origins();
  std::int64_t number_of(const record& r);

  sql_database db_;
  std::unordered_map<record_origin, std::int64_t, origin_hash> origins_;
  sql_statement insert_origin_, insert_span_, insert_sample_, insert_sent_, insert_fate_,
      insert_value_;
};

} // namespace peernet

// SPDX-License-Identifier: MIT
// The durations of steps and paths, gathered while traces pass by; a part of the summary.
#pragma once

#include "runtime/trace/joined_trace.hpp"
#include "runtime/trace/settle.hpp"
#include "runtime/trace/summary.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace peernet {

/// Every duration outside the warm-up, by step and by path. Thread: confined to one.
class duration_sums {
public:
  explicit duration_sums(const run_context& context);

  void add(const joined_trace& t, const std::vector<ending>& endings);

  /// Fills in begin and length of the run, steps and paths; adds a problem for durations that
  /// cannot be mapped (the remedy depends on `basis`), or cannot be. Once, at the end.
  void write(run_summary& s, clock_basis basis);

private:
  static constexpr std::uint32_t none = 0xFFFF'FFFF;

  struct sum {
    std::vector<std::int64_t> durations;
    std::int64_t bound = 0;
    double part = 0;  // of the time of delivered samples: this step's, or all steps'
    double whole = 0; // their end-to-end time
  };
  struct step_sum : sum {
    place_id place = 0;
    std::uint16_t what = 0;
    route_id route = 0;           // the first, for the order of rows
    double begins = 0;            // after the intended time, summed
    std::uint64_t counted = 0;    // begins in that sum
    std::uint64_t seen = 0;       // the last delivery this step was counted in
    std::uint64_t impossible = 0; // durations that lie wholly below 0
    clock_notice first_impossible;

    [[nodiscard]] double mean_begin() const {
      return counted == 0 ? 0 : begins / static_cast<double>(counted);
    }
  };
  /// A sample's arrival at the end of a path.
  struct path_arrival {
    const std::string* path = nullptr;
    std::uint32_t sink = 0;
    std::int64_t at_ns = 0; // raw: all arrivals at one sink are by one clock
    clock_id clock = 0;
    route_id route = 0;
  };

  step_sum& row_of(std::uint32_t origin);
  [[nodiscard]] route_id first_route_of(place_id place) const;
  [[nodiscard]] std::optional<mapped_ns> length_of(const joined_trace::span_fact& s) const;
  const std::string& path_name(route_id route);

  void extent(const joined_trace& t);
  void steps(const joined_trace& t);
  const std::vector<path_arrival>& first_arrivals(const joined_trace& t,
                                                  const std::vector<ending>& endings);
  void path(const joined_trace& t, const path_arrival& a);

  const run_context& context_;
  std::vector<std::uint32_t> row_of_; // index: origin
  std::map<std::pair<place_id, std::uint16_t>, std::uint32_t> numbers_;
  std::vector<step_sum> steps_;
  std::map<std::string, sum> paths_;
  std::map<route_id, std::string> path_names_;
  std::vector<path_arrival> arrivals_; // of the trace at hand
  std::optional<std::int64_t> begin_, end_;
  std::uint64_t deliveries_ = 0;
  std::uint64_t unmapped_ = 0;
};

} // namespace peernet

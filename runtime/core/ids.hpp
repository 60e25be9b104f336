// SPDX-License-Identifier: MIT
// Small numbers that stand for the scenario's names while a run goes on. The plan (runtime/config)
// hands them out, equal on every node because every node derives them from the same scenario; the
// store (runtime/trace) keeps the names beside them.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace peernet {

/// A node: index into the plan's nodes. The coordinator, which is no node of the plan, has
/// `coordinator_node`.
using node_id = std::uint16_t;
inline constexpr node_id coordinator_node = 0xFFFF;

/// A stage or link of the scenario: index into the plan's places.
using place_id = std::uint16_t;

/// A way through the graph: the stages and links (copies told apart) a sample has passed, from its
/// sensor on. Index into the plan's routes, a tree numbered in preorder in which every route knows
/// its parent.
using route_id = std::uint32_t;
inline constexpr route_id no_route = 0xFFFF'FFFF;

/// A clock domain of the run; 0 is the reference clock, the coordinator's.
using clock_id = std::uint16_t;
inline constexpr clock_id reference_clock = 0;

/// One intended sample: which sensor (each copy counts), and which of its time slots.
/// At most 32 768 sensors and 2^48 slots, so the number is never negative in the store.
class trace_id {
public:
  static constexpr std::uint32_t max_sensors = 1u << 15;

  constexpr trace_id() = default;
  constexpr explicit trace_id(std::uint64_t number) noexcept : number_(number) {}
  constexpr trace_id(std::uint32_t sensor, std::uint64_t seq) noexcept
      : number_((static_cast<std::uint64_t>(sensor) << 48) | (seq & 0xFFFF'FFFF'FFFFu)) {}

  /// The sensor's number in the plan; copies are numbered one by one.
  [[nodiscard]] constexpr std::uint32_t sensor() const noexcept {
    return static_cast<std::uint32_t>(number_ >> 48);
  }
  /// The slot, from 0.
  [[nodiscard]] constexpr std::uint64_t seq() const noexcept { return number_ & 0xFFFF'FFFF'FFFFu; }
  [[nodiscard]] constexpr std::uint64_t number() const noexcept { return number_; }

  constexpr auto operator<=>(const trace_id&) const = default;

private:
  std::uint64_t number_ = 0;
};

} // namespace peernet

template <>
struct std::hash<peernet::trace_id> {
  std::size_t operator()(peernet::trace_id t) const noexcept {
    return std::hash<std::uint64_t>{}(t.number());
  }
};

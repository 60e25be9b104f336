// SPDX-License-Identifier: MIT
// The clock probes that were sent and wait for their answer: a fixed table, found by sequence
// number, in which an answer counts once.
#pragma once

#include "runtime/clocks/probe.hpp"
#include "runtime/core/time.hpp"

#include <cstdint>
#include <vector>

namespace peernet {

/// `Target`: what the requests were sent to. Thread: one.
template <class Target>
class pending_requests {
public:
  /// More may be on their way, but then the oldest are forgotten: their answers come unexpected.
  static constexpr std::size_t capacity = 4096;

  struct request {
    std::uint64_t sequence = 0;
    Target* to = nullptr; ///< nothing: not waiting
    std::uint64_t burst = 0;
    probe_phase phase = probe_phase::during;
    stamp sent{};        ///< t1, the machine's clock
    std::int64_t t1 = 0; ///< the node's clock
  };

  /// `sequence`: of the first request; random, so that no answer of an earlier service with the
  /// same secret fits.
  explicit pending_requests(std::uint64_t sequence) : table_(capacity), next_(sequence) {}

  /// A place for the next request; valid until the next call.
  request& add(Target& to, std::uint64_t burst, probe_phase phase) noexcept {
    auto& place = table_[next_ % capacity];
    place = {.sequence = next_++, .to = &to, .burst = burst, .phase = phase};
    return place;
  }

  /// The request with this number, if it still waits.
  [[nodiscard]] request* find(std::uint64_t sequence) noexcept {
    auto& place = table_[sequence % capacity];
    return place.to && place.sequence == sequence ? &place : nullptr;
  }

  /// It waits no longer.
  static void close(request& r) noexcept { r.to = nullptr; }

private:
  std::vector<request> table_;
  std::uint64_t next_;
};

} // namespace peernet

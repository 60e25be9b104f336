// SPDX-License-Identifier: MIT
// One direction of a link whose packets are impaired: what becomes of each, and those under way.
// Reads no clock, knows neither thread nor device: it is told what time it is, so a test can be its
// clock.
#pragma once

#include "transports/impairment/emulated_network.hpp"
#include "transports/packets/duration_histogram.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace peernet {

/// What a path has done so far, in packets.
struct path_counts {
  std::uint64_t entered = 0;
  std::uint64_t delivered = 0; ///< copies included
  emulation_counts fates;
  std::uint64_t crowded = 0;     ///< lost because more were under way than there is memory for
  std::uint64_t refused = 0;     ///< the receiving side's kernel did not take it
  std::uint64_t probes = 0;      ///< of those that entered: our own clock probes
  std::uint64_t probes_lost = 0; ///< of those that went nowhere, drawn or not: our own clock probes
  duration_histogram planned;    ///< from when each came in to when it was due; not of the lost
  duration_histogram late;       ///< from when each was due to when it was let out
};

/// Thread: one at a time; `counts` any.
class packet_path {
public:
  static constexpr std::size_t largest = 1500;           ///< bytes of a packet
  static constexpr std::size_t most_under_way = 1 << 15; ///< packets: 50 MB, taken as they fill

  packet_path(emulation how, const std::string& link, std::uint16_t direction);

  /// Where the next packet is to be put, `largest` bytes.
  [[nodiscard]] std::span<std::byte> room() noexcept { return slot(reading_).first(largest); }

  /// The packet in `room` comes in, at `now`, which never goes back. No allocation. `probe`: it is
  /// a clock probe, which meets the same as every other.
  void enter(std::size_t bytes, stamp now, bool probe = false) noexcept;

  /// When the next packet is due; nothing if none is under way.
  [[nodiscard]] std::optional<stamp> next_due() const noexcept;

  /// That packet. Only while there is one.
  [[nodiscard]] std::span<const std::byte> next() const noexcept;

  /// It was let out at `now`, or `taken` by nobody; it is under way no longer.
  void pop(bool taken, stamp now) noexcept;

  [[nodiscard]] path_counts counts() const;

private:
  /// A packet under way.
  struct moving {
    stamp due{};
    std::uint64_t sequence = 0;
    std::uint32_t slot = 0;
    std::uint16_t bytes = 0;
    bool copy = false;
  };
  /// False: it goes nowhere.
  bool pass(std::size_t bytes, stamp now) noexcept;
  /// Heap order: the packet that goes later comes first.
  static bool goes_later(const moving& a, const moving& b) noexcept;
  [[nodiscard]] std::span<std::byte> slot(std::uint32_t number) const noexcept;
  void insert(const moving& m) noexcept;

  mutable std::mutex mutex_; ///< of what is counted
  emulated_network network_;
  path_counts counts_;
  std::unique_ptr<std::byte[]> memory_;
  std::vector<std::uint32_t> free_;
  std::vector<moving> heap_; ///< the next one due in front
  std::uint32_t reading_ = 0;
};

} // namespace peernet

// SPDX-License-Identifier: MIT
// How long things took, as a distribution in fixed memory: each octave of nanoseconds in 16 parts,
// so that a percentile is at most 1/16 too high and never too low.
#pragma once

#include "runtime/core/time.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace peernet {

/// Thread: one at a time.
class duration_histogram {
public:
  /// Below 0 counts as 0.
  void add(duration d) noexcept {
    const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(to_ns(d), 0));
    ++parts_[part_of(ns)];
    ++count_;
    most_ = std::max(most_, ns);
  }

  /// So long, or less, was this share (0…1) of all, ns; 0 if there was nothing.
  [[nodiscard]] std::uint64_t percentile(double share) const noexcept {
    const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < parts_.size(); ++i)
      if ((seen += parts_[i]) >= std::max<std::uint64_t>(wanted, 1))
        return std::min(end_of(i), most_);
    return most_;
  }
  [[nodiscard]] std::uint64_t most() const noexcept { return most_; } ///< ns
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

private:
  static constexpr unsigned fine = 4; ///< bits below the leading one

  static std::size_t part_of(std::uint64_t ns) noexcept {
    if (ns < 1u << fine)
      return ns;
    const auto octave = static_cast<unsigned>(std::bit_width(ns)) - 1 - fine;
    return (std::size_t{octave + 1} << fine) + ((ns >> octave) & ((1u << fine) - 1));
  }
  /// The highest value of a part.
  static std::uint64_t end_of(std::size_t part) noexcept {
    if (part < 1u << fine)
      return part;
    const auto octave = (part >> fine) - 1;
    const auto lead = (std::uint64_t{1} << fine) + (part & ((1u << fine) - 1));
    return ((lead + 1) << octave) - 1;
  }

  std::array<std::uint64_t, (64 - fine + 1) << fine> parts_{};
  std::uint64_t count_ = 0;
  std::uint64_t most_ = 0;
};

} // namespace peernet

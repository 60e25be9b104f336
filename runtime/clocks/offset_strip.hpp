// SPDX-License-Identifier: MIT
// The strip in which the offset of two clocks must run, and the lines that fit through it. Every
// exchange bounds the offset from above at one moment and from below at another; over a short time
// the offset is a line, so every line between the bounds is possible and no other is. Convex hulls
// after Zhang, Liu and Xia (INFOCOM 2002); the line of largest margin is the support vector machine
// of Huygens (Geng et al., NSDI 2018), measured along the offset.
#pragma once

#include "runtime/clocks/offset_bounds.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace peernet {

/// offset(t) = value + slope × (t − at).
struct offset_line {
  std::int64_t at_ns = 0;
  double value_ns = 0;
  double slope = 0; ///< ns per ns

  [[nodiscard]] double value(std::int64_t t) const noexcept {
    return value_ns + slope * static_cast<double>(t - at_ns);
  }
};

/// Lowest and highest possible offset at one moment, ns.
struct offset_range {
  double low = 0;
  double high = 0;
};

/// The bounds of some exchanges between one pair of clocks. Keeps only their hulls: some tens of
/// points, however many exchanges there are.
class offset_strip {
public:
  /// Two clocks differ in rate by no more: crystals are specified to 100 ppm, and kernels steer
  /// each by at most 500. It limits what few exchanges say about other times.
  static constexpr double steepest = 2e-3;

  /// `slack_ns`: every bound is loosened by so much, for what makes offsets differ from a line.
  /// `near`: any of the exchanges; numbers are kept relative to it.
  offset_strip(const offset_bounds& near, double slack_ns);

  [[nodiscard]] double slack() const noexcept { return slack_; }

  /// Adds an exchange, in any order.
  void add(const offset_bounds& b);

  /// Half the room for a line of the best slope, ns; negative: no line fits.
  [[nodiscard]] double margin() const { return fit().margin; }

  /// The line with the largest margin to all bounds; level if one exchange decides everything.
  [[nodiscard]] offset_line middle() const;

  /// Lowest and highest value at `t` of all lines that fit. Only if one does.
  [[nodiscard]] offset_range range(std::int64_t t) const;

  /// Lowest and highest slope of all lines that fit. Only if one does.
  [[nodiscard]] offset_range slopes() const { return {fit().low, fit().high}; }

private:
  struct point {
    double t; ///< ns after origin
    double y; ///< ns above base
  };
  struct fitting {
    double low, best, high; ///< slopes
    double margin;          ///< of the best
  };

  [[nodiscard]] double ceiling(double slope, double t) const noexcept;
  [[nodiscard]] double floor(double slope, double t) const noexcept;
  [[nodiscard]] const fitting& fit() const;

  std::int64_t origin_;
  std::int64_t base_;
  double slack_;
  std::vector<point> above_; ///< lower hull of the upper bounds, by t
  std::vector<point> below_; ///< upper hull of the lower bounds, by t
  mutable std::optional<fitting> fit_;
};

} // namespace peernet

// SPDX-License-Identifier: MIT
// Cuts the exchanges between two clocks where they contradict each other: within a stretch no clock
// stepped, and every window of it leaves room for a line. Who has to be cut again and again does
// not step but bend, between the cuts as well.
#pragma once

#include "runtime/clocks/clock_course.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace peernet {

/// Exchanges that may belong together, by time, and where what they say holds. Between two
/// stretches something happened.
struct stretch {
  std::vector<offset_bounds> exchanges; ///< by begin; not empty
  std::int64_t first_ns = INT64_MIN;
  std::int64_t last_ns = INT64_MAX;
  bool straight = true; ///< false: no line is to be trusted, though one may fit parts of it

  /// So many exchanges of one mind are believed against others.
  static constexpr std::size_t witnesses = 4;

  /// Too few to tell whether something happened to the clocks or to their stamps.
  [[nodiscard]] bool doubtful() const noexcept { return exchanges.size() < witnesses; }
};

struct cut_exchanges {
  std::vector<stretch> stretches;       ///< by time; empty: no usable exchange
  std::vector<course_event> bad_stamps; ///< exchanges that were left out, by time
};

/// Cuts that follow each other within a window, and that a bend can explain, are undone: such
/// stretches become one that is not straight.
[[nodiscard]] cut_exchanges cut_into_stretches(std::vector<offset_bounds> exchanges,
                                               const course_settings& settings);

} // namespace peernet

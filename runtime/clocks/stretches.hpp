// SPDX-License-Identifier: MIT
// Cuts the exchanges between two clocks where they contradict each other: within a stretch no clock
// stepped, and every window of it leaves room for a line. Who has to be cut again and again does
// not step but bend, between the cuts as well. And where there were none for long: nobody knows
// what the clocks did meanwhile, so no line is laid across.
#pragma once

#include "runtime/clocks/clock_course.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace peernet {

/// Exchanges that may belong together, by time, and where what they say holds. Between two
/// stretches something happened, or may have.
struct stretch {
  std::vector<offset_bounds> exchanges; ///< by begin; not empty
  std::int64_t first_ns = INT64_MIN;
  std::int64_t last_ns = INT64_MAX;
  bool straight = true; ///< false: no line is to be trusted, though one may fit parts of it
  bool unwatched_before = false; ///< nothing is known to have happened before it: nobody looked

  /// So many exchanges of one mind are believed against others.
  static constexpr std::size_t witnesses = 4;

  /// Too few to tell whether something happened to the clocks or to their stamps.
  [[nodiscard]] bool doubtful() const noexcept { return exchanges.size() < witnesses; }
};

/// An exchange that all around it contradict: its stamps are bad, or both clocks went and came back
/// between its neighbours.
struct lone_exchange {
  offset_bounds said;
  std::int64_t begin_ns = 0; ///< of the neighbour before
  std::int64_t end_ns = 0;   ///< of the neighbour behind
};

struct cut_exchanges {
  std::vector<stretch> stretches; ///< by time; empty: no usable exchange
  std::vector<offset_bounds> left_out;
  std::vector<course_event> bad_stamps; ///< what tells of each that was left out
  std::vector<lone_exchange> lone;      ///< those of them that are possible in themselves
};

/// How long there may be no exchange within a stretch. What clocks do meanwhile shows in the window
/// that covers it, from both sides.
[[nodiscard]] constexpr std::int64_t longest_gap_of(const course_settings& settings) noexcept {
  return settings.window_ns / 2;
}

/// Coarse exchanges are a help between others; where they stand alone, before, behind, or in a gap
/// that is too long, they are stretches of their own: a line through quick exchanges is not to be
/// drawn on past what they cannot show.
///
/// Cuts that follow each other within a window, and that a bend can explain, are undone: such
/// stretches become one that is not straight.
[[nodiscard]] cut_exchanges cut_into_stretches(std::vector<offset_bounds> exchanges,
                                               const course_settings& settings);

} // namespace peernet

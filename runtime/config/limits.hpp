// SPDX-License-Identifier: MIT
// The bounds of a scenario's numbers. They keep a slip of the keyboard from eating the machine;
// scenarios/README.md states them for users.
#pragma once

#include <cstddef>

namespace peernet {

inline constexpr double longest_run_ns = 365 * 24 * 3600e9; ///< one year
inline constexpr double longest_wait_ns = 24 * 3600e9;      ///< drain, timeout, offsets: one day
inline constexpr double most_samples = 1e12;                ///< of one sensor; fits trace_id
inline constexpr double lowest_rate_hz = 1e-6;
inline constexpr double highest_rate_hz = 1e6;
inline constexpr double shortest_interval_ns = 1e6; ///< between clock exchanges: 1 ms
inline constexpr double longest_interval_ns = 10e9;
inline constexpr double most_drift = 500; ///< of a test clock, ppm: what kernels steer at most
inline constexpr double steepest_wander = 500e-6;  ///< of a test clock, the same
inline constexpr double shortest_wander_ns = 10e6; ///< its period
inline constexpr double most_copies = 1'000; ///< of a stage: three times as many were too much
inline constexpr double most_in_flight = 10'000;
inline constexpr double longest_queue = 1e6;
inline constexpr double lowest_bitrate = 1e3; ///< of an impairment's bottleneck, bit/s
inline constexpr double highest_bitrate = 1e12;
inline constexpr double largest_buffer = 1e9; ///< of an impairment's bottleneck, bytes
inline constexpr std::size_t most_codecs = 8; ///< of a link, one behind the other
inline constexpr std::size_t most_nodes = 1'000;
inline constexpr std::size_t most_places = 20'000; ///< stages and links; fits place_id

} // namespace peernet

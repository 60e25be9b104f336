// SPDX-License-Identifier: MIT
// Quantities as users write them ("20ms", "10Hz", "1%"), and as PeerNet prints them. A number
// without a unit is never accepted where a unit is needed.
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/core/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace peernet {

/// "250ns", "20us" or "20µs", "1.5ms", "10s", "2min", "1h". Not negative unless it begins with "-".
/// Error: errc::bad_scenario with the valid units.
[[nodiscard]] result<duration> parse_duration(std::string_view text);

/// "10Hz", "0.5Hz", "1kHz": events per second, above 0.
[[nodiscard]] result<double> parse_rate(std::string_view text);

/// "100B", "1kB" (1000), "4MB", "1KiB" (1024), "2MiB": bytes.
[[nodiscard]] result<std::uint64_t> parse_size(std::string_view text);

/// "20Mbit", "800kbit", "1Gbit": bits per second, above 0.
[[nodiscard]] result<double> parse_bitrate(std::string_view text);

/// "1%", "0.05%": a share, returned as 0…1.
[[nodiscard]] result<double> parse_percent(std::string_view text);

/// "40ppm", "-0.5ppm": parts per million, returned as such.
[[nodiscard]] result<double> parse_ppm(std::string_view text);

/// "30dB", "-3.5dB": decibels, returned as such.
[[nodiscard]] result<double> parse_decibel(std::string_view text);

/// The shortest unit that keeps the value exact: 20ms, 1500us, 10s. Read back by `parse_duration`.
[[nodiscard]] std::string print_duration(duration d);
[[nodiscard]] std::string print_rate(double hz);
[[nodiscard]] std::string print_size(std::uint64_t bytes);
/// More than is allowed, and what is allowed: both in one unit that parse_size() reads, the first
/// rounded up and the second down, so that they never look alike. "922kB", "500kB".
[[nodiscard]] std::pair<std::string, std::string> print_excess(std::uint64_t bytes,
                                                               std::uint64_t allowed);
[[nodiscard]] std::string print_bitrate(double bits_per_second);
[[nodiscard]] std::string print_percent(double share);
[[nodiscard]] std::string print_ppm(double ppm);

/// For people: three significant digits and a fitting unit, "4.52 ms", "812 µs".
[[nodiscard]] std::string show_duration(duration d);
[[nodiscard]] std::string show_size(double bytes);
[[nodiscard]] std::string show_bitrate(double bits_per_second);

} // namespace peernet

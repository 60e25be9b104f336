// SPDX-License-Identifier: MIT
#include "runtime/core/units.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <span>

namespace peernet {

namespace {

struct unit {
  std::string_view name;
  double factor;
};

constexpr std::array duration_units{unit{"ns", 1},    unit{"us", 1e3}, unit{"µs", 1e3},
                                    unit{"ms", 1e6},  unit{"s", 1e9},  unit{"min", 60e9},
                                    unit{"h", 3600e9}};
constexpr std::array rate_units{unit{"Hz", 1}, unit{"kHz", 1e3}, unit{"mHz", 1e-3}};
constexpr std::array size_units{unit{"B", 1},
                                unit{"kB", 1e3},
                                unit{"MB", 1e6},
                                unit{"GB", 1e9},
                                unit{"KiB", 1024},
                                unit{"MiB", 1024.0 * 1024},
                                unit{"GiB", 1024.0 * 1024 * 1024}};
constexpr std::array bitrate_units{unit{"bit", 1}, unit{"kbit", 1e3}, unit{"Mbit", 1e6},
                                   unit{"Gbit", 1e9}};
constexpr std::array percent_units{unit{"%", 0.01}};
constexpr std::array ppm_units{unit{"ppm", 1}};
constexpr std::array decibel_units{unit{"dB", 1}};

error bad_quantity(std::string_view text, std::string_view kind, std::span<const unit> units,
                   std::string_view example, std::string_view why) {
  std::string message = "\"" + std::string(text) + "\" is not a " + std::string(kind) + ": " +
                        std::string(why) + "; write for example \"" + std::string(example) +
                        "\" (units:";
  for (const auto& u : units)
    message += " " + std::string(u.name);
  return {errc::bad_scenario, message + ")"};
}

/// A number and one of `units` right behind it; blanks between them are allowed.
result<double> parse_quantity(std::string_view text, std::string_view kind,
                              std::span<const unit> units, std::string_view example) {
  double number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || !std::isfinite(number))
    return bad_quantity(text, kind, units, example, "it does not begin with a number");
  auto rest = std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end));
  while (!rest.empty() && rest.front() == ' ')
    rest.remove_prefix(1);
  if (rest.empty())
    return bad_quantity(text, kind, units, example, "the unit is missing");
  for (const auto& u : units)
    if (u.name == rest)
      return number * u.factor;
  return bad_quantity(text, kind, units, example, "unknown unit \"" + std::string(rest) + "\"");
}

result<double> parse_positive(std::string_view text, std::string_view kind,
                              std::span<const unit> units, std::string_view example) {
  auto number = parse_quantity(text, kind, units, example);
  if (number && !(*number > 0))
    return bad_quantity(text, kind, units, example, "it must be above 0");
  return number;
}

/// A number in as few digits as bring it back exactly.
std::string shortest(double number) {
  char text[32];
  const auto [end, failed] = std::to_chars(text, text + sizeof text, number);
  return {text, failed == std::errc{} ? end : text};
}

/// Three significant digits and the largest unit that leaves at least 1 before the point.
std::string show(double value, std::span<const unit> ascending) {
  const auto magnitude = std::fabs(value);
  const unit* chosen = &ascending.front();
  for (const auto& u : ascending)
    if (magnitude >= u.factor * 0.9995)
      chosen = &u;
  const auto scaled = value / chosen->factor;
  const auto size = std::fabs(scaled);
  const int decimals = chosen->factor == 1 && scaled == std::floor(scaled) ? 0
                       : size < 9.995                                      ? 2
                       : size < 99.95                                      ? 1
                                                                           : 0;
  char text[64];
  const auto n = std::snprintf(text, sizeof text, "%.*f %.*s", decimals, scaled,
                               static_cast<int>(chosen->name.size()), chosen->name.data());
  return {text, static_cast<std::size_t>(n)};
}

} // namespace

result<duration> parse_duration(std::string_view text) {
  const auto ns = parse_quantity(text, "duration", duration_units, "20ms");
  if (!ns)
    return ns.error();
  if (std::fabs(*ns) > 9e18)
    return bad_quantity(text, "duration", duration_units, "20ms", "it is beyond 292 years");
  return duration{std::llround(*ns)};
}

result<double> parse_rate(std::string_view text) {
  return parse_positive(text, "rate", rate_units, "10Hz");
}

result<std::uint64_t> parse_size(std::string_view text) {
  const auto bytes = parse_quantity(text, "size", size_units, "1kB");
  if (!bytes)
    return bytes.error();
  if (*bytes < 0 || *bytes > 0x1p60 || *bytes != std::floor(*bytes))
    return bad_quantity(text, "size", size_units, "1kB",
                        "it is not a whole number of bytes from 0 to 1 EiB");
  return static_cast<std::uint64_t>(*bytes);
}

result<double> parse_bitrate(std::string_view text) {
  return parse_positive(text, "bit rate", bitrate_units, "20Mbit");
}

result<double> parse_percent(std::string_view text) {
  return parse_quantity(text, "share", percent_units, "1%");
}

result<double> parse_ppm(std::string_view text) {
  return parse_quantity(text, "frequency error", ppm_units, "40ppm");
}

result<double> parse_decibel(std::string_view text) {
  return parse_quantity(text, "number of decibels", decibel_units, "30dB");
}

std::string print_duration(duration d) {
  const auto ns = d.count();
  if (ns % 1'000'000'000 == 0)
    return std::to_string(ns / 1'000'000'000) + "s";
  if (ns % 1'000'000 == 0)
    return std::to_string(ns / 1'000'000) + "ms";
  if (ns % 1'000 == 0)
    return std::to_string(ns / 1'000) + "us";
  return std::to_string(ns) + "ns";
}

std::string print_rate(double hz) {
  return shortest(hz) + "Hz";
}

std::string print_size(std::uint64_t bytes) {
  if (bytes != 0 && bytes % 1'000'000 == 0)
    return std::to_string(bytes / 1'000'000) + "MB";
  if (bytes != 0 && bytes % 1'000 == 0)
    return std::to_string(bytes / 1'000) + "kB";
  return std::to_string(bytes) + "B";
}

std::pair<std::string, std::string> print_excess(std::uint64_t bytes, std::uint64_t allowed) {
  constexpr std::uint64_t kilo = 1'000, mega = 1'000'000;
  const auto [unit, name] = allowed >= 100 * mega   ? std::pair{mega, "MB"}
                            : allowed >= 100 * kilo ? std::pair{kilo, "kB"}
                                                    : std::pair{std::uint64_t{1}, "B"};
  return {std::to_string(bytes / unit + (bytes % unit > 0)) + name,
          std::to_string(allowed / unit) + name};
}

std::string print_bitrate(double bits_per_second) {
  const auto whole = [&](const unit& u) {
    const auto number = bits_per_second / u.factor;
    return number >= 1 && number == std::floor(number) && number * u.factor == bits_per_second;
  };
  auto chosen = bitrate_units.front();
  for (const auto& u : bitrate_units)
    if (whole(u))
      chosen = u;
  return shortest(bits_per_second / chosen.factor) + std::string(chosen.name);
}

std::string print_percent(double share) {
  double percent = share * 100; // rounded: as few digits as bring the share back
  for (int digits = 1; digits <= 17; ++digits) {
    char text[32];
    std::snprintf(text, sizeof text, "%.*g", digits, share * 100);
    percent = std::strtod(text, nullptr);
    if (percent * 0.01 == share)
      break;
  }
  return shortest(percent) + "%";
}

std::string print_ppm(double ppm) {
  return shortest(ppm) + "ppm";
}

std::string show_duration(duration d) {
  static constexpr std::array units{unit{"ns", 1}, unit{"µs", 1e3}, unit{"ms", 1e6},
                                    unit{"s", 1e9}};
  return show(static_cast<double>(d.count()), units);
}

std::string show_size(double bytes) {
  static constexpr std::array units{unit{"B", 1}, unit{"kB", 1e3}, unit{"MB", 1e6},
                                    unit{"GB", 1e9}};
  return show(bytes, units);
}

std::string show_bitrate(double bits_per_second) {
  static constexpr std::array units{unit{"bit/s", 1}, unit{"kbit/s", 1e3}, unit{"Mbit/s", 1e6},
                                    unit{"Gbit/s", 1e9}};
  return show(bits_per_second, units);
}

} // namespace peernet

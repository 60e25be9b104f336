// SPDX-License-Identifier: MIT
#include "runtime/core/port_range.hpp"

#include <charconv>

namespace peernet {

namespace {

/// Decimal digits and nothing else, from 1 to 65535; 0 if it is no such number.
std::uint16_t parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  return failed == std::errc{} && end == text.data() + text.size() ? port : std::uint16_t{0};
}

} // namespace

result<port_range> parse_port_range(std::string_view text) {
  const auto dash = text.find('-');
  const port_range ports{.first = parse_port(text.substr(0, dash)),
                         .last = dash == std::string_view::npos
                                     ? parse_port(text)
                                     : parse_port(text.substr(dash + 1))};
  if (ports.first == 0 || ports.last < ports.first)
    return error{errc::bad_scenario,
                 "\"" + std::string(text) +
                     "\" is no range of ports; write for example \"7500-7599\" (ports go from 1 "
                     "to 65535, the smaller one first)"};
  return ports;
}

std::string to_string(const port_range& ports) {
  if (ports.any())
    return "any";
  const auto first = std::to_string(ports.first);
  return ports.first == ports.last ? first : first + "-" + std::to_string(ports.last);
}

} // namespace peernet

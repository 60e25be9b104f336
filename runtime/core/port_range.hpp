// SPDX-License-Identifier: MIT
// Which ports a node may take, as users write it: a firewall between two machines lets some through
// and no others.
#pragma once

#include "runtime/core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace peernet {

/// The ports a node may take, both ends included; both 0: any that is free.
struct port_range {
  std::uint16_t first = 0;
  std::uint16_t last = 0;

  /// No range was given: the system chooses.
  [[nodiscard]] constexpr bool any() const noexcept { return first == 0; }
  bool operator==(const port_range&) const = default;
};

/// "7500-7599", or "7500" for one port; ports go from 1 to 65535. Error: errc::bad_scenario with
/// the text, and how to write it.
[[nodiscard]] result<port_range> parse_port_range(std::string_view text);

/// "7500-7599", "7500", "any": what `parse_port_range` reads back, "any" aside.
[[nodiscard]] std::string to_string(const port_range& ports);

/// What `bind(port)`, a result<T>, answers for the first port of the range it can have; port 0,
/// once, if any will do. errc::io from it means that the next port may be free; other errors end
/// the search. Error: errc::busy with the range, the remedy and what the last attempt said.
template <class Bind>
[[nodiscard]] auto first_free(const port_range& ports, Bind bind) -> decltype(bind(ports.first)) {
  for (unsigned port = ports.first;; ++port) {
    auto bound = bind(static_cast<std::uint16_t>(port));
    if (bound || ports.any() || bound.error().code != errc::io)
      return bound;
    if (port >= ports.last)
      return error{errc::busy, "no port of " + to_string(ports) + " is free; widen --ports (" +
                                   bound.error().message + ")"};
  }
}

} // namespace peernet

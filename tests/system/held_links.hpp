// SPDX-License-Identifier: MIT
// A network whose delays are known: what peernet-run-held (peernet-run with other transports below
// the same names) does to links, and what the tests expect of them.
#pragma once

#include "runtime/core/time.hpp"

#include <string_view>

namespace peernet {

/// A frame of the links of these names is handed over so long after it came, at least.
[[nodiscard]] constexpr duration held(std::string_view link) noexcept {
  return link == "up"     ? std::chrono::milliseconds{6}
         : link == "down" ? std::chrono::milliseconds{2}
                          : duration{0};
}

} // namespace peernet

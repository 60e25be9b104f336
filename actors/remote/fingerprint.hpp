// SPDX-License-Identifier: MIT
// How people and files name a machine's certificate: the SHA-256 of its DER bytes.
#pragma once

#include "runtime/core/error.hpp"

#include <array>
#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

namespace peernet {

struct fingerprint {
  std::array<std::byte, 32> bytes{};
  auto operator<=>(const fingerprint&) const = default;
};

/// "SHA256:" and 43 characters of base64, as SSH shows its keys.
[[nodiscard]] std::string to_string(const fingerprint& f);

/// The inverse. errc::bad_scenario with what a fingerprint looks like.
[[nodiscard]] result<fingerprint> parse_fingerprint(std::string_view text);

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "runtime/trace/record.hpp"

#include <array>

namespace peernet {

std::string_view to_string(step s) noexcept {
  static constexpr std::array<std::string_view, 15> names{
      "lag",   "sense",  "encode",     "send-queue", "emulate",     "link", "wake",  "dispatch",
      "queue", "decode", "preprocess", "infer",      "postprocess", "act",  "notice"};
  const auto number = static_cast<std::size_t>(s);
  return number < names.size() ? names[number] : "user";
}

std::string_view to_string(outcome o) noexcept {
  static constexpr std::array<std::string_view, outcome_count> names{
      "delivered", "consumed", "skipped", "dropped",   "lost",
      "corrupt",   "expired",  "failed",  "unfinished"};
  const auto number = static_cast<std::size_t>(o);
  return number < names.size() ? names[number] : "unknown";
}

} // namespace peernet

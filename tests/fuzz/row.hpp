// SPDX-License-Identifier: MIT
// An input as a row of steps, each a byte that says what is done, and bytes that it is done with.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>

namespace peernet {

class row {
public:
  explicit row(std::span<const std::byte> bytes) noexcept : rest_(bytes) {}

  [[nodiscard]] bool over() const noexcept { return rest_.empty(); }

  /// The next bytes as a number; zeros where the input has ended.
  template <class Number = unsigned char>
  [[nodiscard]] Number number() noexcept {
    static_assert(std::is_integral_v<Number>);
    Number n = 0;
    const auto taken = bytes(sizeof n);
    std::memcpy(&n, taken.data(), taken.size());
    return n;
  }

  /// At most so many of the next bytes.
  [[nodiscard]] std::span<const std::byte> bytes(std::size_t most) noexcept {
    const auto taken = rest_.first(std::min(most, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

private:
  std::span<const std::byte> rest_;
};

} // namespace peernet

// SPDX-License-Identifier: MIT
// For tests that need root, LibTorch, a browser: say what is missing and skip, never pass silently.
#pragma once

#include <iostream>
#include <string_view>

namespace peernet {

inline int& skipped_tests() {
  static int count = 0;
  return count;
}

/// Call, then return from the test.
inline void skip_test(std::string_view missing) {
  std::cout << "SKIPPED: " << missing << std::endl;
  ++skipped_tests();
}

} // namespace peernet

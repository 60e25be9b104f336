// SPDX-License-Identifier: MIT
// What went wrong, for the message of a check. Boost.Test makes that message before it looks at the
// check, and a result that is right has no error to ask for.
#pragma once

#include "runtime/core/error.hpp"

#include <string>

namespace peernet {

/// The error's text; nothing if all is well.
template <class T>
[[nodiscard]] std::string why(const result<T>& r) {
  return r.ok() ? "" : r.error().message;
}

} // namespace peernet

// SPDX-License-Identifier: MIT
// Plugins are other people's code: an exception in one fails the sample at hand, not the process.
#pragma once

#include "runtime/core/error.hpp"

#include <exception>

namespace peernet {

/// Calls `body`, which returns a result; an exception becomes an error with its text.
template <class Body>
auto guarded(Body&& body) noexcept -> decltype(body()) {
  try {
    return body();
  } catch (const std::exception& e) {
    return error{errc::internal, e.what()};
  } catch (...) {
    return error{errc::internal, "an exception that is no std::exception"};
  }
}

} // namespace peernet

// SPDX-License-Identifier: MIT
// PeerNet's errors as CAF's, and back, at the border of actors.
#pragma once

#include "runtime/core/error.hpp"

#include <caf/error.hpp>

namespace peernet {

/// Keeps code and message.
[[nodiscard]] caf::error to_caf(const error& e);

/// What came from `to_caf`, or from CAF itself (a time-out, a lost peer, an exception) in PeerNet's
/// terms.
[[nodiscard]] error from_caf(const caf::error& e);

} // namespace peernet

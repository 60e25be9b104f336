// SPDX-License-Identifier: MIT
// A codec changes how a payload travels over one link: encoded by the sending stage, decoded by the
// receiving.
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/core/payload.hpp"

namespace peernet {

/// Encodes and decodes payloads. One object for each worker that sends on a lane and one for each
/// that receives; each used by one thread. An exception counts as errc::internal with its text.
class codec {
public:
  virtual ~codec() = default;

  /// The encoded bytes, with the format of what `decode` makes of them, so that a receiver can
  /// check it: that of `plain`, unless the codec changes it for good (as `resize` does). `plain`
  /// may be what another codec packed: then its format is bytes. errc::unsupported for a format the
  /// codec cannot take (JPEG of a text): the sample is `failed`.
  [[nodiscard]] virtual result<payload> encode(const payload& plain) = 0;

  /// Inverse of `encode`, as far as the codec has one. The bytes come from the network: whatever
  /// they hold, the answer is a payload of the stated format or errc::corrupt, within the memory
  /// that the stated format needs.
  [[nodiscard]] virtual result<payload> decode(const payload& encoded) = 0;
};

} // namespace peernet

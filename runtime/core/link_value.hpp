// SPDX-License-Identifier: MIT
// What a link with a codec reports for each of its samples, beside its steps: the names under which
// the measured path records it, the run's database keeps it, and a scenario expects something of
// it.
#pragma once

#include <string_view>

namespace peernet::link_value {

/// Bytes of the encoded body, the wire header not included.
inline constexpr std::string_view encoded_bytes = "encoded-bytes";

/// What the codec cost the picture, dB; transports/codecs/psnr.hpp says how it is measured.
inline constexpr std::string_view psnr = "psnr";

} // namespace peernet::link_value

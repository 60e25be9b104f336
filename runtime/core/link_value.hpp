// SPDX-License-Identifier: MIT
// What a link reports for each of its samples, beside its steps: the names under which the measured
// path records it, the run's database keeps it, and a scenario expects something of it.
#pragma once

#include <string_view>

namespace peernet::link_value {

/// With an impairment: for how long it was to hold the sample back, ns. How long it did is the step
/// `emulate`.
inline constexpr std::string_view planned_delay = "planned-delay";

/// With a codec: bytes of the encoded body, the wire header not included.
inline constexpr std::string_view encoded_bytes = "encoded-bytes";

/// With a codec: what it cost the picture, dB; transports/codecs/psnr.hpp says how it is measured.
inline constexpr std::string_view psnr = "psnr";

} // namespace peernet::link_value

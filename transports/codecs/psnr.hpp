// SPDX-License-Identifier: MIT
// What a codec cost a picture, as one figure: the peak signal-to-noise ratio. Valid to compare
// settings of one codec on the same pictures, and hardly beyond (Huynh-Thu and Ghanbari, "Scope of
// validity of PSNR in image/video quality assessment", Electronics Letters 44(13), 2008,
// doi:10.1049/el:20080522).
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/core/payload.hpp"

namespace peernet {

/// The largest figure there is: equal pictures would have infinity, of which nobody can take a
/// mean.
inline constexpr double most_psnr = 100;

/// 10 log10(255² / mean squared difference) over all pixels and channels of `original`, dB, at most
/// `most_psnr`. A `decoded` of another size is brought to the original's bilinearly first, centres
/// on centres and not rounded. errc::unsupported unless both are 8-bit images of equally many
/// channels whose bytes fit their formats.
[[nodiscard]] result<double> psnr(const payload& original, const payload& decoded);

} // namespace peernet

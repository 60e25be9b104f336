// SPDX-License-Identifier: MIT
// Pictures as neural networks want them: red, green and blue planes of normalised floats. Apart
// from the model so that OpenCV and LibTorch meet in no file.
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/core/payload.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace peernet {

struct planes_config {
  std::int64_t width = 0, height = 0; ///< pixels
  std::array<double, 3> mean{};       ///< of red, green, blue, for pixels of 0…1
  std::array<double, 3> deviation{};  ///< likewise; never 0
};

/// Resizes `picture` and writes (pixel / 255 − mean) / deviation: 3 planes of height × width, red
/// first. `out` holds 3 × height × width floats. errc::unsupported for what is no 8-bit image.
[[nodiscard]] result<void> write_planes(const payload& picture, const planes_config& config,
                                        std::span<float> out);

} // namespace peernet

// SPDX-License-Identifier: MIT
// The sensors that need no library and are part of every program: bytes, text, synthetic-image.
// Those that need OpenCV are plugins in the same folder (video, images).
#pragma once

#include "runtime/plugin/registrar.hpp"

namespace peernet {

void register_builtin_sensors(registrar& into);

/// "bytes" and "text": payloads of a size drawn from the option `size` (both ends included), with
/// random content that follows from the scenario's seed, the stage's name and its copy.
[[nodiscard]] result<std::unique_ptr<sensor>> make_bytes_sensor(const options& settings,
                                                                const environment& where);
[[nodiscard]] result<std::unique_ptr<sensor>> make_text_sensor(const options& settings,
                                                               const environment& where);

/// "synthetic-image": a picture of `width` × `height` × `channels` with a square that moves.
[[nodiscard]] result<std::unique_ptr<sensor>> make_synthetic_image_sensor(const options& settings,
                                                                          const environment& where);

} // namespace peernet

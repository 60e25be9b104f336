// SPDX-License-Identifier: MIT
// The sink "save-images", part of the plugin "images": so that a person can look at what the robot
// saw.
#pragma once

#include "runtime/plugin/registrar.hpp"

namespace peernet {

/// Writes <sensor>-<slot>.jpg into the option `path`, or else into a folder of the sink's name in
/// the results: an image as it is; detections drawn on the frame of the same trace that the option
/// `frames` names. A picture that exists is written over, so with several ways into one sink the
/// last arrival of a trace stays. A `path` that cannot be made or written fails here:
/// errc::bad_scenario.
[[nodiscard]] result<std::unique_ptr<sink>> make_save_images_sink(const options& settings,
                                                                  const environment& where);

} // namespace peernet

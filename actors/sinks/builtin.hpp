// SPDX-License-Identifier: MIT
// The sinks that need no library and are part of every program: discard and print. save-images,
// which needs OpenCV, is a plugin in the same folder.
#pragma once

#include "runtime/plugin/registrar.hpp"

#include <string>

namespace peernet {

void register_builtin_sinks(registrar& into);

/// "discard": takes every sample and does nothing.
[[nodiscard]] result<std::unique_ptr<sink>> make_discard_sink(const options& settings,
                                                              const environment& where);

/// "print": one line on standard output for every `every`-th sample, in a single write.
[[nodiscard]] result<std::unique_ptr<sink>> make_print_sink(const options& settings,
                                                            const environment& where);

/// What the payload holds, in one line fit for a terminal whatever the bytes are: text cut to 200
/// characters with control characters escaped, detections as "person 0.87 @ 12,34 60x120" (the
/// first 20), an image as "640x480x3", anything else by its size.
[[nodiscard]] std::string summarize(const payload& p);

} // namespace peernet

// SPDX-License-Identifier: MIT
// The codec "resize" of the plugin "image-codecs": pictures travel smaller, and stay so.
#pragma once

#include "runtime/config/options.hpp"
#include "runtime/plugin/codec.hpp"
#include "runtime/plugin/environment.hpp"

#include <memory>

namespace peernet {

/// By `factor`, or to `width` and `height`, of which one alone keeps the picture's shape. Never
/// larger than it is. The format changes when it encodes; decoding checks and changes nothing.
[[nodiscard]] result<std::unique_ptr<codec>> make_resize(const options& settings,
                                                         const environment& where);

} // namespace peernet

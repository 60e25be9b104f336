// SPDX-License-Identifier: MIT
// What detectors and classifiers put into a payload of kind `detections`: an array of these records
// and nothing else, so any language can read it.
#pragma once

#include "runtime/core/payload.hpp"

#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace peernet {

/// One finding: a box in pixels of the picture that was looked at (which a codec such as `resize`
/// may have made smaller than the sensor's), or a class for the whole image
/// (width and height 0). Layout is pinned: 44 bytes, little-endian, no padding.
struct detection {
  float x = 0, y = 0;          ///< top left corner, pixels
  float width = 0, height = 0; ///< pixels
  float score = 0;             ///< the model's own; larger is surer
  char label[24] = {};         ///< UTF-8, zero-terminated, cut to 23 bytes

  void set_label(std::string_view text) noexcept {
    const auto n = text.size() < sizeof label - 1 ? text.size() : sizeof label - 1;
    std::memcpy(label, text.data(), n);
    label[n] = '\0';
  }
  [[nodiscard]] std::string_view name() const noexcept {
    return {label, ::strnlen(label, sizeof label)};
  }
};
static_assert(sizeof(detection) == 44 && std::is_trivially_copyable_v<detection>);

/// A payload of the given findings; an empty list is a valid result ("nothing seen"). `searched` is
/// the format of the picture they were found in: whoever draws them on another of the same scene
/// needs its size.
[[nodiscard]] inline payload pack(std::span<const detection> found, const format& searched = {}) {
  return payload::copy_of(
      format{.kind = content::detections, .width = searched.width, .height = searched.height},
      std::as_bytes(found));
}

/// The findings in `p`; empty if it holds something else. Bytes past the last whole record are
/// ignored.
[[nodiscard]] inline std::vector<detection> unpack(const payload& p) {
  std::vector<detection> found;
  if (p.what().kind == content::detections) {
    found.resize(p.size() / sizeof(detection));
    if (!found.empty())
      std::memcpy(found.data(), p.data(), found.size() * sizeof(detection));
  }
  return found;
}

} // namespace peernet

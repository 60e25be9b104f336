// SPDX-License-Identifier: MIT
#include "actors/models/planes.hpp"

#include "runtime/plugin/opencv_image.hpp"

#include <opencv2/imgproc.hpp>

#include <cassert>

namespace peernet {

result<void> write_planes(const payload& picture, const planes_config& config,
                          std::span<float> out) {
  return call_opencv(errc::internal, "preparing an image", [&]() -> result<void> {
    const auto seen = view(picture);
    if (!seen.ok())
      return seen.error();
    const cv::Size size(static_cast<int>(config.width), static_cast<int>(config.height));
    assert(out.size() == 3 * static_cast<std::size_t>(size.area()));
    cv::Mat scaled;
    if (seen->size() == size)
      scaled = *seen;
    else
      cv::resize(*seen, scaled, size, 0, 0, cv::INTER_LINEAR);
    for (std::size_t c = 0; c < 3; ++c) {
      cv::Mat plane(size, CV_32FC1, out.data() + c * static_cast<std::size_t>(size.area()));
      const auto slope = 1 / (255 * config.deviation[c]);
      const auto offset = -config.mean[c] / config.deviation[c];
      cv::Mat channel;
      if (scaled.channels() == 1)
        channel = scaled; // grey: the same in all three
      else
        cv::extractChannel(scaled, channel, 2 - static_cast<int>(c)); // blue comes first in memory
      channel.convertTo(plane, CV_32F, slope, offset);
    }
    return {};
  });
}

} // namespace peernet

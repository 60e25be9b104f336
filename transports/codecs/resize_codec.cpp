// SPDX-License-Identifier: MIT
#include "transports/codecs/resize_codec.hpp"

#include "runtime/plugin/opencv_image.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>

namespace peernet {

namespace {

/// What is left of `pixels`: at least one, at most all.
std::uint32_t scaled(std::uint32_t pixels, double factor) {
  return static_cast<std::uint32_t>(
      std::clamp(std::round(pixels * factor), 1.0, static_cast<double>(pixels)));
}

class resize_codec final : public codec {
public:
  resize_codec(const std::string& link, const options& settings)
      : subject_(link + ": codec resize"),
        factor_(settings.get_or<double>("factor", 1)),
        width_(settings.get_or<std::int64_t>("width", 0)),
        height_(settings.get_or<std::int64_t>("height", 0)) {}

  result<payload> encode(const payload& plain) override {
    return call_opencv(errc::unsupported, subject_, [&]() -> result<payload> {
      const auto picture = view(plain);
      if (!picture.ok())
        return error{errc::unsupported, subject_ + ": " + picture.error().message};
      const auto small = resized(plain.what());
      if (small == plain.what())
        return plain;
      auto memory = buffer::acquire(image_bytes(small));
      auto pixels = mat_over(small, memory.data());
      cv::resize(*picture, pixels, pixels.size(), 0, 0, cv::INTER_AREA);
      return payload(small, std::move(memory));
    });
  }

  result<payload> decode(const payload& encoded) override {
    if (const auto picture = view(encoded); !picture.ok())
      return error{errc::corrupt, subject_ + ": " + picture.error().message};
    return encoded;
  }

private:
  [[nodiscard]] format resized(format f) const {
    auto by_width = factor_, by_height = factor_;
    if (width_ > 0)
      by_width = static_cast<double>(width_) / f.width;
    if (height_ > 0)
      by_height = static_cast<double>(height_) / f.height;
    if (width_ > 0 && height_ == 0)
      by_height = by_width;
    if (height_ > 0 && width_ == 0)
      by_width = by_height;
    f.width = scaled(f.width, by_width);
    f.height = scaled(f.height, by_height);
    return f;
  }

  const std::string subject_;
  const double factor_;
  const std::int64_t width_, height_; ///< 0: not given
};

} // namespace

result<std::unique_ptr<codec>> make_resize(const options& settings, const environment& where) {
  return std::unique_ptr<codec>(std::make_unique<resize_codec>(where.stage, settings));
}

} // namespace peernet

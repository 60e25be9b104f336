// SPDX-License-Identifier: MIT
#include "transports/codecs/psnr.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace peernet {

namespace {

constexpr double peak = 255;

bool is_picture(const payload& p) noexcept {
  const auto& f = p.what();
  return f.kind == content::image && f.type == element::u8 && p.size() > 0 &&
         image_bytes(f) == p.size();
}

float as_float(std::byte b) noexcept {
  return static_cast<float>(std::to_integer<int>(b));
}

double squares(const payload& a, const payload& b) noexcept {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto d = std::to_integer<int>(a.data()[i]) - std::to_integer<int>(b.data()[i]);
    sum += static_cast<std::uint64_t>(d * d);
  }
  return static_cast<double>(sum);
}

/// The two pixels of a line of `from` that make up one of a line of `to`, and the second's share.
struct neighbours {
  std::size_t first = 0, second = 0;
  float share = 0;
};

std::vector<neighbours> line(std::uint32_t from, std::uint32_t to) {
  std::vector<neighbours> all(to);
  for (std::uint32_t i = 0; i < to; ++i) {
    const auto centre = (i + 0.5) * from / to - 0.5;
    const auto at = std::clamp(centre, 0.0, static_cast<double>(from - 1));
    const auto first = static_cast<std::size_t>(at);
    all[i] = {first, std::min<std::size_t>(first + 1, from - 1),
              static_cast<float>(at - static_cast<double>(first))};
  }
  return all;
}

double squares_enlarged(const payload& a, const payload& small) {
  const auto &f = a.what(), &g = small.what();
  const auto columns = line(g.width, f.width), rows = line(g.height, f.height);
  const std::size_t channels = f.channels, pitch = channels * g.width;
  const auto* original = a.data();
  double sum = 0;
  for (const auto& r : rows) {
    const auto* upper = small.data() + r.first * pitch;
    const auto* lower = small.data() + r.second * pitch;
    for (const auto& c : columns)
      for (std::size_t i = 0; i < channels; ++i) {
        const auto between = [&](const std::byte* row) {
          const auto left = as_float(row[c.first * channels + i]);
          const auto right = as_float(row[c.second * channels + i]);
          return left + (right - left) * c.share;
        };
        const auto above = between(upper);
        const auto d = as_float(*original++) - (above + (between(lower) - above) * r.share);
        sum += static_cast<double>(d * d);
      }
  }
  return sum;
}

} // namespace

result<double> psnr(const payload& original, const payload& decoded) {
  if (!is_picture(original) || !is_picture(decoded) ||
      original.what().channels != decoded.what().channels)
    return error{errc::unsupported, "there are no two 8-bit images with the same channels"};
  const auto sum = original.what() == decoded.what() ? squares(original, decoded)
                                                     : squares_enlarged(original, decoded);
  const auto mean = sum / static_cast<double>(original.size());
  return mean > 0 ? std::min(10 * std::log10(peak * peak / mean), most_psnr) : most_psnr;
}

} // namespace peernet

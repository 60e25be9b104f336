// SPDX-License-Identifier: MIT
// The sensor "synthetic-image": a diagonal gradient, and on it a white square that moves by one
// pixel a frame, right and down, and begins again at the other side. Where it stands tells the
// frame's number: x = number mod (width − side + 1), y likewise. The background is drawn once, so a
// frame costs one memcpy and the square. Such pictures compress far better than a camera's.
#include "actors/sensors/builtin.hpp"

#include <algorithm>
#include <cstring>

namespace peernet {

namespace {

class synthetic_image final : public sensor {
public:
  explicit synthetic_image(format f) : format_(f), background_(image_bytes(f)) {
    auto* pixel = background_.data();
    for (std::size_t y = 0; y < f.height; ++y)
      for (std::size_t x = 0; x < f.width; ++x)
        for (std::size_t c = 0; c < f.channels; ++c)
          *pixel++ = static_cast<std::byte>(((x + y * (c + 1)) >> 1) & gradient_mask);
  }

  result<std::optional<payload>> sample() override {
    auto memory = buffer::acquire(background_.size());
    std::memcpy(memory.data(), background_.data(), background_.size());
    draw_square(memory.data(), number_++);
    return std::optional{payload(format_, std::move(memory))};
  }

private:
  /// The gradient stays dark, so that the square is the brightest thing.
  static constexpr std::size_t gradient_mask = 0x7F;
  static constexpr int white = 0xFF;

  void draw_square(std::byte* pixels, std::uint64_t number) const noexcept {
    const std::size_t side = std::max(1u, std::min(format_.width, format_.height) / 8);
    const auto x = static_cast<std::size_t>(number % (format_.width - side + 1));
    const auto y = static_cast<std::size_t>(number % (format_.height - side + 1));
    const std::size_t row = std::size_t{format_.width} * format_.channels;
    for (std::size_t line = y; line < y + side; ++line)
      std::memset(pixels + line * row + x * format_.channels, white, side * format_.channels);
  }

  const format format_;
  std::vector<std::byte> background_;
  std::uint64_t number_ = 0;
};

} // namespace

result<std::unique_ptr<sensor>> make_synthetic_image_sensor(const options& settings,
                                                            const environment& /*where*/) {
  const format f{.kind = content::image,
                 .channels = static_cast<std::uint16_t>(settings.get<std::int64_t>("channels")),
                 .width = static_cast<std::uint32_t>(settings.get<std::int64_t>("width")),
                 .height = static_cast<std::uint32_t>(settings.get<std::int64_t>("height"))};
  return std::unique_ptr<sensor>(std::make_unique<synthetic_image>(f));
}

} // namespace peernet

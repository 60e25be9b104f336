// SPDX-License-Identifier: MIT
#include "actors/sensors/builtin.hpp"
#include "runtime/plugin/registry.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace peernet;

namespace {

std::unique_ptr<sensor> make(std::int64_t width, std::int64_t height, std::int64_t channels) {
  options o;
  o.set("width", width);
  o.set("height", height);
  o.set("channels", channels);
  return make_synthetic_image_sensor(o, {}).value();
}

/// Where the square's first pixel is.
std::pair<std::size_t, std::size_t> find_square(const payload& p) {
  const auto white = std::ranges::find(p.bytes(), std::byte{255}) - p.bytes().begin();
  const auto pixel = static_cast<std::size_t>(white) / p.what().channels;
  return {pixel % p.what().width, pixel / p.what().width};
}

} // namespace

BOOST_AUTO_TEST_SUITE(synthetic_image_test)

BOOST_AUTO_TEST_CASE(pictures_have_the_stated_format_down_to_one_pixel) {
  for (const auto& [width, height, channels] :
       {std::tuple{640, 480, 3}, {640, 480, 1}, {1, 1, 3}, {1, 100, 1}, {7, 3, 3}}) {
    const auto sut = make(width, height, channels);
    for (int i = 0; i < 10; ++i) {
      const auto p = sut->sample().value().value();
      BOOST_TEST((p.what() == format{.kind = content::image,
                                     .channels = static_cast<std::uint16_t>(channels),
                                     .width = static_cast<std::uint32_t>(width),
                                     .height = static_cast<std::uint32_t>(height)}));
      BOOST_TEST(p.size() == image_bytes(p.what()));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_square_s_place_tells_the_frame_s_number) {
  const auto sut = make(80, 48, 3); // a square of 6 pixels: 75 columns, 43 rows
  for (std::size_t number = 0; number < 200; ++number) {
    const auto [x, y] = find_square(*sut->sample().value());
    BOOST_TEST(x == number % 75);
    BOOST_TEST(y == number % 43);
  }
}

BOOST_AUTO_TEST_CASE(a_sample_does_not_change_when_the_next_is_taken) {
  const auto sut = make(64, 64, 1);
  const auto first = sut->sample().value().value();
  const auto second = sut->sample().value().value();
  BOOST_TEST(first.data() != second.data());
  BOOST_TEST((find_square(first) == std::pair<std::size_t, std::size_t>{0, 0}));
  BOOST_TEST((find_square(second) == std::pair<std::size_t, std::size_t>{1, 1}));
}

BOOST_AUTO_TEST_SUITE_END()

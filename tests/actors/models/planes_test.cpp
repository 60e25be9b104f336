// SPDX-License-Identifier: MIT
#include "actors/models/planes.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace peernet;

namespace {

payload image(std::uint32_t width, std::uint32_t height, std::uint16_t channels,
              const std::vector<unsigned char>& pixels) {
  return payload::copy_of(
      {.kind = content::image, .channels = channels, .width = width, .height = height},
      std::as_bytes(std::span{pixels}));
}

const auto near = boost::test_tools::tolerance(1e-5f);

} // namespace

BOOST_AUTO_TEST_SUITE(planes_test)

BOOST_AUTO_TEST_CASE(pixels_become_normalised_planes_with_red_first) {
  const auto two = image(2, 1, 3, {0, 51, 102, 255, 204, 153}); // blue, green, red
  const planes_config config{
      .width = 2, .height = 1, .mean = {0.4, 0.2, 0.0}, .deviation = {0.5, 1.0, 2.0}};
  std::vector<float> out(6);
  BOOST_TEST(write_planes(two, config, out).ok());
  BOOST_TEST(out[0] + 1 == (0.4f - 0.4f) / 0.5f + 1, near);
  BOOST_TEST(out[1] == (0.6f - 0.4f) / 0.5f, near);
  BOOST_TEST(out[2] + 1 == (0.2f - 0.2f) + 1, near);
  BOOST_TEST(out[3] == (0.8f - 0.2f), near);
  BOOST_TEST(out[4] == 0.0f, near);
  BOOST_TEST(out[5] == 0.5f, near);
}

BOOST_AUTO_TEST_CASE(grey_fills_all_three_planes_and_any_size_is_brought_to_the_model_s) {
  const auto grey = image(4, 4, 1, std::vector<unsigned char>(16, 255));
  const planes_config config{.width = 2, .height = 3, .mean = {}, .deviation = {1, 1, 1}};
  std::vector<float> out(18);
  BOOST_TEST(write_planes(grey, config, out).ok());
  for (const float value : out)
    BOOST_TEST(value == 1.0f, near);
}

BOOST_AUTO_TEST_CASE(what_is_no_image_is_an_error) {
  const planes_config config{.width = 1, .height = 1, .mean = {}, .deviation = {1, 1, 1}};
  std::vector<float> out(3);
  BOOST_TEST(
      (write_planes(payload::copy_of("text"), config, out).error().code == errc::unsupported));
}

BOOST_AUTO_TEST_SUITE_END()

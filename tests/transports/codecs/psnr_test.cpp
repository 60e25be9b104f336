// SPDX-License-Identifier: MIT
#include "tests/transports/codecs/codec_rig.hpp"
#include "transports/codecs/psnr.hpp"

#include <cmath>

using namespace peernet;

namespace {

payload changed(const payload& p, std::size_t at, int by) {
  std::vector<std::byte> bytes(p.bytes().begin(), p.bytes().end());
  bytes[at] = static_cast<std::byte>(std::to_integer<int>(bytes[at]) + by);
  return with_bytes(p, bytes);
}

payload even(std::uint32_t width, std::uint32_t height, std::uint16_t channels, int value) {
  const format f{.kind = content::image, .channels = channels, .width = width, .height = height};
  return payload::copy_of(f, std::vector<std::byte>(image_bytes(f), static_cast<std::byte>(value)));
}

} // namespace

BOOST_AUTO_TEST_SUITE(psnr_test)

BOOST_AUTO_TEST_CASE(equal_pictures_have_the_most_there_is) {
  const auto p = picture(53, 37, 3);
  BOOST_TEST(psnr(p, p).value() == most_psnr);
  BOOST_TEST(psnr(even(64, 48, 1, 77), even(16, 12, 1, 77)).value() == most_psnr);
}

BOOST_AUTO_TEST_CASE(the_figure_is_that_of_the_formula) {
  const auto p = even(4, 2, 3, 100);
  // One of 24 values is off by 6: a mean square of 1.5.
  BOOST_TEST(psnr(p, changed(p, 5, 6)).value() == 10 * std::log10(255.0 * 255.0 / 1.5),
             boost::test_tools::tolerance(1e-12));
  // All are off by the most: 0 dB.
  BOOST_TEST(psnr(even(9, 7, 1, 0), even(9, 7, 1, 255)).value() == 0.0);
  BOOST_TEST(psnr(even(9, 7, 1, 10), even(3, 7, 1, 15)).value() == 10 * std::log10(65025.0 / 25),
             boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(a_small_picture_is_brought_back_bilinearly) {
  const format line{.kind = content::image, .channels = 1, .width = 4, .height = 1};
  format pair = line;
  pair.width = 2;
  // 0 and 80, two pixels wide each: centres at 0.5 and 2.5, so 0, 20, 60, 80.
  const auto small = payload::copy_of(pair, std::as_bytes(std::span{"\x00\x50", 2}));
  const auto exact = payload::copy_of(line, std::as_bytes(std::span{"\x00\x14\x3C\x50", 4}));
  BOOST_TEST(psnr(exact, small).value() == most_psnr);
  BOOST_TEST(psnr(changed(exact, 1, 2), small).value() == 10 * std::log10(65025.0),
             boost::test_tools::tolerance(1e-6));
  // The same down the column.
  format column = line, half = pair;
  std::swap(column.width, column.height);
  std::swap(half.width, half.height);
  BOOST_TEST(psnr(payload::copy_of(column, exact.bytes()), payload::copy_of(half, small.bytes()))
                 .value() == most_psnr);
}

BOOST_AUTO_TEST_CASE(a_codec_costs_more_the_harder_it_squeezes) {
  const auto plain = picture(160, 120, 3);
  const auto figure = [&](const std::string& type, const options& o) {
    const auto c = make_codec("image-codecs", type, o);
    return psnr(plain, decoded_by(*c, encoded_by(*c, plain))).value();
  };
  const auto jpeg = [&](std::int64_t quality) {
    return figure("jpeg", with_option("quality", quality));
  };
  BOOST_TEST(jpeg(5) < jpeg(50));
  BOOST_TEST(jpeg(50) < jpeg(95));
  BOOST_TEST(jpeg(95) < most_psnr);
  BOOST_TEST(figure("png", with_option("level", std::int64_t{3})) == most_psnr);
  BOOST_TEST(figure("resize", with_option("factor", 0.1)) <
             figure("resize", with_option("factor", 0.5)));
}

BOOST_AUTO_TEST_CASE(of_anything_else_there_is_no_such_figure) {
  const auto p = picture(4, 4, 3);
  auto lie = p.what();
  lie.width = 5;
  auto deep = p.what();
  deep.type = element::f32;
  for (const auto& other : {payload::copy_of("text"), payload{}, picture(4, 4, 1),
                            payload::copy_of(lie, p.bytes()), payload::copy_of(deep, p.bytes()),
                            payload(format{.kind = content::image, .channels = 3}, buffer{})}) {
    BOOST_TEST((psnr(p, other).error().code == errc::unsupported));
    BOOST_TEST((psnr(other, p).error().code == errc::unsupported));
  }
}

BOOST_AUTO_TEST_SUITE_END()

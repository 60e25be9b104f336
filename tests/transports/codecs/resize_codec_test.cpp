// SPDX-License-Identifier: MIT
#include "tests/transports/codecs/codec_rig.hpp"
#include "transports/codecs/resize_codec.hpp"

using namespace peernet;

namespace {

std::unique_ptr<codec> resize(const options& o) {
  return make_codec("image-codecs", "resize", o);
}

options to_size(std::int64_t width, std::int64_t height) {
  auto o = with_option("width", width);
  o.set("height", height);
  return o;
}

std::string size_after(const options& o, std::uint32_t width, std::uint32_t height) {
  const auto f = encoded_by(*resize(o), picture(width, height, 3)).what();
  return std::to_string(f.width) + "x" + std::to_string(f.height);
}

} // namespace

BOOST_AUTO_TEST_SUITE(resize_codec_test)

BOOST_AUTO_TEST_CASE(a_picture_gets_the_size_that_was_asked_for) {
  BOOST_TEST(size_after(with_option("factor", 0.5), 64, 48) == "32x24");
  BOOST_TEST(size_after(with_option("factor", 0.5), 53, 37) == "27x19");
  BOOST_TEST(size_after(with_option("width", std::int64_t{32}), 64, 48) == "32x24");
  BOOST_TEST(size_after(with_option("height", std::int64_t{12}), 64, 48) == "16x12");
  BOOST_TEST(size_after(to_size(10, 40), 64, 48) == "10x40");
}

BOOST_AUTO_TEST_CASE(no_picture_grows_or_vanishes) {
  BOOST_TEST(size_after(with_option("factor", 1.0), 64, 48) == "64x48");
  BOOST_TEST(size_after(with_option("factor", 0.001), 64, 48) == "1x1");
  BOOST_TEST(size_after(with_option("width", std::int64_t{1}), 16, 2000) == "1x125");
  BOOST_TEST(size_after(with_option("width", std::int64_t{640}), 64, 48) == "64x48");
  BOOST_TEST(size_after(to_size(100, 40), 64, 48) == "64x40");
  const auto plain = picture(64, 48, 3);
  const auto same = encoded_by(*resize(with_option("factor", 1.0)), plain);
  BOOST_TEST(same.data() == plain.data()); // and none is copied for nothing
}

BOOST_AUTO_TEST_CASE(pixels_that_become_one_are_averaged) {
  const format f{.kind = content::image, .channels = 1, .width = 4, .height = 2};
  const auto plain =
      payload::copy_of(f, std::as_bytes(std::span{"\x00\x10\x40\x40\x20\x30\x80\x80", 8}));
  const auto small = encoded_by(*resize(with_option("factor", 0.5)), plain);
  BOOST_TEST(
      (small.what() == format{.kind = content::image, .channels = 1, .width = 2, .height = 1}));
  BOOST_TEST(std::to_integer<int>(small.bytes()[0]) == 0x18);
  BOOST_TEST(std::to_integer<int>(small.bytes()[1]) == 0x60);
}

BOOST_AUTO_TEST_CASE(the_small_picture_is_what_arrives) {
  const auto sut = resize(with_option("factor", 0.5));
  for (const std::uint16_t channels : {1, 3}) {
    const auto small = encoded_by(*sut, picture(53, 37, channels));
    const auto decoded = decoded_by(*sut, small);
    BOOST_TEST((decoded.what() == small.what()));
    BOOST_TEST(decoded.data() == small.data());
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_picture_is_refused_on_both_sides) {
  const auto sut = resize(with_option("factor", 0.5));
  BOOST_TEST((sut->encode(payload::copy_of("text")).error().code == errc::unsupported));
  const auto small = picture(4, 4, 3);
  for (auto change : {+[](format& f) { f.width = 5; }, +[](format& f) { f.type = element::f32; },
                      +[](format& f) { f.channels = 2; }, +[](format& f) { f.height = 0; },
                      +[](format& f) { f.kind = content::tensor; },
                      +[](format& f) { f.width = f.height = 0xFFFF'FFFF; }}) {
    auto stated = small.what();
    change(stated);
    const auto lie = payload::copy_of(stated, small.bytes());
    BOOST_TEST((sut->encode(lie).error().code == errc::unsupported));
    BOOST_TEST(is_corrupt(*sut, lie));
  }
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// The plugin is loaded as a node loads it.
#include "runtime/core/random.hpp"
#include "tests/transports/codecs/codec_rig.hpp"

#include <opencv2/imgcodecs.hpp>

#include <array>
#include <tuple>

using namespace peernet;

namespace {

/// Type "webp-lossless" is webp without loss.
std::unique_ptr<codec> make(const std::string& type, std::int64_t figure) {
  if (type == "png")
    return make_codec("image-codecs", type, with_option("level", figure));
  auto o = with_option("quality", figure);
  if (type == "jpeg")
    return make_codec("image-codecs", type, o);
  o.set("lossless", type == "webp-lossless");
  return make_codec("image-codecs", "webp", o);
}

constexpr std::array every_type{"jpeg", "png", "webp", "webp-lossless"};

} // namespace

BOOST_AUTO_TEST_SUITE(image_codecs_test)

BOOST_AUTO_TEST_CASE(lossless_gives_back_every_pixel_and_lossy_nearly) {
  for (const std::uint16_t channels : {1, 3})
    for (const auto& [width, height] : {std::pair{1u, 1u}, {53u, 37u}, {640u, 480u}}) {
      const auto plain = picture(width, height, channels);
      for (const auto& [type, figure, allowed] : {std::tuple{"png", 3, 0},
                                                  {"png", 0, 0},
                                                  {"jpeg", 95, 8},
                                                  {"webp", 95, 8},
                                                  {"webp-lossless", 80, 0}}) {
        const auto sut = make(type, figure);
        const auto encoded = encoded_by(*sut, plain);
        BOOST_TEST((encoded.what() == plain.what()));
        const auto decoded = decoded_by(*sut, encoded);
        BOOST_TEST((decoded.what() == plain.what()));
        BOOST_TEST(largest_difference(plain, decoded) <= allowed,
                   type << " " << width << " x " << height << " x " << channels);
      }
    }
}

BOOST_AUTO_TEST_CASE(quality_and_level_are_heeded) {
  const auto plain = picture(320, 240, 3);
  BOOST_TEST(make("jpeg", 20)->encode(plain)->size() < make("jpeg", 95)->encode(plain)->size());
  BOOST_TEST(make("webp", 20)->encode(plain)->size() < make("webp", 95)->encode(plain)->size());
  BOOST_TEST(make("png", 9)->encode(plain)->size() < make("png", 0)->encode(plain)->size());
}

BOOST_AUTO_TEST_CASE(what_is_no_image_cannot_be_encoded) {
  const auto sut = make("jpeg", 90);
  BOOST_TEST((sut->encode(payload::copy_of("text")).error().code == errc::unsupported));
  const auto small = picture(2, 2, 3);
  auto lie = small.what();
  lie.height = 100;
  BOOST_TEST((sut->encode(payload::copy_of(lie, small.bytes())).error().code == errc::unsupported));
  for (const auto& [type, side] : {std::pair{"jpeg", 70'000u}, {"webp", 16'384u}}) {
    const format wide{.kind = content::image, .channels = 1, .width = side, .height = 1};
    BOOST_TEST((make(type, 90)->encode(payload(wide, buffer::acquire(side))).error().code ==
                errc::unsupported));
  }
}

BOOST_AUTO_TEST_CASE(random_bytes_are_corrupt) {
  auto random = random_source::named(1, "noise");
  const auto like = picture(53, 37, 3);
  for (const char* type : every_type) {
    const auto sut = make(type, 3);
    for (int i = 0; i < 1000; ++i) {
      std::vector<std::byte> noise(random.between(0, 5000));
      random.fill(noise);
      BOOST_REQUIRE(is_corrupt(*sut, with_bytes(like, noise)));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_picture_cut_at_any_length_is_corrupt) {
  for (const char* type : every_type) {
    const auto sut = make(type, 3);
    refuses_every_truncation(*sut, encoded_by(*sut, picture(53, 37, 3)));
  }
}

BOOST_AUTO_TEST_CASE(every_bit_of_a_small_picture_may_turn) {
  for (const char* type : every_type) {
    const auto sut = make(type, 3);
    const auto plain = picture(19, 11, 3);
    const bool has_checksums = std::string(type) == "png";
    survives_every_flip(*sut, encoded_by(*sut, plain), has_checksums ? &plain : nullptr);
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_picture_is_corrupt_or_a_picture_of_the_stated_size) {
  auto random = random_source::named(2, "damage");
  const auto plain = picture(53, 37, 3);
  for (const char* type : every_type) {
    const auto sut = make(type, 3);
    const auto encoded = sut->encode(plain).value();
    for (int i = 0; i < 2000; ++i) {
      std::vector<std::byte> damaged(encoded.bytes().begin(), encoded.bytes().end());
      for (auto changes = random.between(1, 4); changes > 0; --changes)
        damaged[random.between(0, damaged.size() - 1)] = static_cast<std::byte>(random.next());
      (void)survives(*sut, with_bytes(plain, damaged));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_png_with_a_wrong_checksum_is_corrupt) {
  const auto sut = make("png", 3);
  const auto plain = picture(53, 37, 3);
  const auto encoded = sut->encode(plain).value();
  std::vector<std::byte> damaged(encoded.bytes().begin(), encoded.bytes().end());
  damaged[damaged.size() / 2] ^= std::byte{1};
  BOOST_TEST(is_corrupt(*sut, with_bytes(plain, damaged)));
}

BOOST_AUTO_TEST_CASE(a_header_that_the_decoder_refuses_leaves_no_older_picture_behind) {
  const auto plain = picture(53, 37, 3);
  for (const auto& [type, mark, behind] :
       {std::tuple{"png", "IHDR", 4u + 13u}, // its checksum
        {"jpeg", "\xFF\xC4", 5u}}) {         // how many codes of a Huffman table have one bit
    const auto sut = make(type, 3);
    const auto encoded = encoded_by(*sut, plain);
    std::string file(encoded.text());
    file[file.find(mark) + behind] ^= '\x7F';
    (void)decoded_by(*sut, encoded);
    BOOST_TEST(is_corrupt(*sut, with_bytes(plain, std::as_bytes(std::span{file}))), type);
  }
}

BOOST_AUTO_TEST_CASE(a_picture_of_another_size_than_stated_is_corrupt) {
  const auto plain = picture(53, 37, 3);
  for (const char* type : every_type) {
    const auto sut = make(type, 3);
    const auto encoded = sut->encode(plain).value();
    for (auto change :
         {+[](format& f) { f.width = 52; }, +[](format& f) { f.height = 38; },
          +[](format& f) { f.channels = 4; }, +[](format& f) { f.channels = 2; },
          +[](format& f) { f.type = element::f32; }, +[](format& f) { f.kind = content::bytes; },
          +[](format& f) { std::swap(f.width, f.height); }, +[](format& f) { f.width = 0; },
          +[](format& f) { f.width = f.height = 0xFFFF'FFFF; }}) {
      auto stated = encoded.what();
      change(stated);
      BOOST_TEST(is_corrupt(*sut, payload::copy_of(stated, encoded.bytes())));
    }
  }
}

BOOST_AUTO_TEST_CASE(colours_are_no_grey_except_in_webp_which_has_none) {
  auto stated = picture(53, 37, 3).what();
  stated.channels = 1;
  for (const char* type : every_type) {
    const auto sut = make(type, 3);
    const auto encoded = encoded_by(*sut, picture(53, 37, 3));
    const auto decoded = sut->decode(payload::copy_of(stated, encoded.bytes()));
    BOOST_TEST(decoded.ok() == std::string(type).starts_with("webp"), type);
    if (decoded.ok())
      BOOST_TEST(decoded->size() == 53u * 37u);
  }
}

BOOST_AUTO_TEST_CASE(a_decompression_bomb_takes_no_memory) {
  // 4096 × 4096 grey pixels of one colour: 16 MiB out of a few kB; the frame states 8 × 8.
  std::vector<unsigned char> bomb;
  const format stated{.kind = content::image, .channels = 1, .width = 8, .height = 8};
  const cv::Mat huge(4096, 4096, CV_8UC1, cv::Scalar(0));
  for (const auto& [type, extension] :
       {std::pair{"jpeg", ".jpg"}, {"png", ".png"}, {"webp", ".webp"}}) {
    BOOST_REQUIRE(cv::imencode(extension, huge, bomb));
    const auto sut = make(type, 3);
    const auto frame = payload::copy_of(stated, std::as_bytes(std::span{bomb}));
    const auto before = resident_bytes();
    BOOST_TEST(is_corrupt(*sut, frame));
    BOOST_TEST(resident_bytes() < before + (4u << 20));
  }
}

BOOST_AUTO_TEST_SUITE_END()

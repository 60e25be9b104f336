// SPDX-License-Identifier: MIT
// The plugin is loaded as a node loads it.
#include "runtime/core/random.hpp"
#include "runtime/plugin/registry.hpp"

#include <boost/test/unit_test.hpp>
#include <opencv2/imgcodecs.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <unistd.h>

using namespace peernet;

namespace {

std::unique_ptr<codec> make(const std::string& type, std::int64_t figure) {
  static registry types;
  const auto loaded = types.ensure_module("image-codecs");
  BOOST_REQUIRE_MESSAGE(loaded.ok(), (loaded.ok() ? "" : loaded.error().message));
  options o;
  o.set(type == "jpeg" ? "quality" : "level", figure);
  return types.make_codec(type, o, {.stage = "uplink"}).value();
}

/// A smooth picture, as cameras make them.
payload picture(std::uint32_t width, std::uint32_t height, std::uint16_t channels) {
  const format f{.kind = content::image, .channels = channels, .width = width, .height = height};
  auto memory = buffer::acquire(image_bytes(f));
  auto* out = memory.data();
  for (std::uint32_t y = 0; y < height; ++y)
    for (std::uint32_t x = 0; x < width; ++x)
      for (std::uint16_t c = 0; c < channels; ++c)
        *out++ = static_cast<std::byte>(100 * x / width + 100 * y / height + 20 * c);
  return {f, std::move(memory)};
}

int largest_difference(const payload& a, const payload& b) {
  int most = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    most = std::max(
        most, std::abs(std::to_integer<int>(a.bytes()[i]) - std::to_integer<int>(b.bytes()[i])));
  return most;
}

payload with_bytes(const payload& like, std::span<const std::byte> bytes) {
  return payload::copy_of(like.what(), bytes);
}

bool is_corrupt(codec& sut, const payload& p) {
  const auto decoded = sut.decode(p);
  return !decoded.ok() && decoded.error().code == errc::corrupt;
}

/// This process's resident memory now, bytes.
std::size_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  in >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace

BOOST_AUTO_TEST_SUITE(image_codecs_test)

BOOST_AUTO_TEST_CASE(png_gives_back_every_pixel_and_jpeg_nearly) {
  for (const std::uint16_t channels : {1, 3})
    for (const auto& [width, height] : {std::pair{1u, 1u}, {53u, 37u}, {640u, 480u}}) {
      const auto plain = picture(width, height, channels);
      for (const auto& [type, figure, allowed] :
           {std::tuple{"png", 3, 0}, {"png", 0, 0}, {"jpeg", 95, 8}}) {
        const auto sut = make(type, figure);
        const auto encoded = sut->encode(plain);
        BOOST_REQUIRE_MESSAGE(encoded.ok(), (encoded.ok() ? "" : encoded.error().message));
        BOOST_TEST((encoded->what() == plain.what()));
        const auto decoded = sut->decode(*encoded);
        BOOST_REQUIRE_MESSAGE(decoded.ok(), (decoded.ok() ? "" : decoded.error().message));
        BOOST_TEST((decoded->what() == plain.what()));
        BOOST_REQUIRE(decoded->size() == plain.size());
        BOOST_TEST(largest_difference(plain, *decoded) <= allowed);
      }
    }
}

BOOST_AUTO_TEST_CASE(quality_and_level_are_heeded) {
  const auto plain = picture(320, 240, 3);
  BOOST_TEST(make("jpeg", 20)->encode(plain)->size() < make("jpeg", 95)->encode(plain)->size());
  BOOST_TEST(make("png", 9)->encode(plain)->size() < make("png", 0)->encode(plain)->size());
}

BOOST_AUTO_TEST_CASE(what_is_no_image_cannot_be_encoded) {
  const auto sut = make("jpeg", 90);
  BOOST_TEST((sut->encode(payload::copy_of("text")).error().code == errc::unsupported));
  const auto small = picture(2, 2, 3);
  auto lie = small.what();
  lie.height = 100;
  BOOST_TEST((sut->encode(payload::copy_of(lie, small.bytes())).error().code == errc::unsupported));
  const format wide{.kind = content::image, .channels = 1, .width = 70'000, .height = 1};
  BOOST_TEST(
      (sut->encode(payload(wide, buffer::acquire(70'000))).error().code == errc::unsupported));
}

BOOST_AUTO_TEST_CASE(random_bytes_are_corrupt) {
  auto random = random_source::named(1, "noise");
  const auto like = picture(53, 37, 3);
  for (const char* type : {"jpeg", "png"}) {
    const auto sut = make(type, 3);
    for (int i = 0; i < 1000; ++i) {
      std::vector<std::byte> noise(random.between(0, 5000));
      random.fill(noise);
      BOOST_REQUIRE(is_corrupt(*sut, with_bytes(like, noise)));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_picture_cut_at_any_length_is_corrupt) {
  const auto plain = picture(53, 37, 3);
  for (const char* type : {"jpeg", "png"}) {
    const auto sut = make(type, 3);
    const auto encoded = sut->encode(plain).value();
    for (std::size_t n = 0; n < encoded.size(); ++n)
      BOOST_REQUIRE(is_corrupt(*sut, with_bytes(plain, encoded.bytes().first(n))));
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_picture_is_corrupt_or_a_picture_of_the_stated_size) {
  auto random = random_source::named(2, "damage");
  const auto plain = picture(53, 37, 3);
  for (const char* type : {"jpeg", "png"}) {
    const auto sut = make(type, 3);
    const auto encoded = sut->encode(plain).value();
    for (int i = 0; i < 2000; ++i) {
      std::vector<std::byte> damaged(encoded.bytes().begin(), encoded.bytes().end());
      for (auto changes = random.between(1, 4); changes > 0; --changes)
        damaged[random.between(0, damaged.size() - 1)] = static_cast<std::byte>(random.next());
      const auto decoded = sut->decode(with_bytes(plain, damaged));
      if (decoded.ok())
        BOOST_REQUIRE(decoded->size() == plain.size());
      else
        BOOST_REQUIRE((decoded.error().code == errc::corrupt));
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

BOOST_AUTO_TEST_CASE(a_picture_of_another_size_than_stated_is_corrupt) {
  const auto plain = picture(53, 37, 3);
  for (const char* type : {"jpeg", "png"}) {
    const auto sut = make(type, 3);
    const auto encoded = sut->encode(plain).value();
    for (auto change :
         {+[](format& f) { f.width = 52; }, +[](format& f) { f.height = 38; },
          +[](format& f) { f.channels = 1; }, +[](format& f) { f.channels = 2; },
          +[](format& f) { f.type = element::f32; }, +[](format& f) { f.kind = content::bytes; },
          +[](format& f) { std::swap(f.width, f.height); }, +[](format& f) { f.width = 0; },
          +[](format& f) { f.width = f.height = 0xFFFF'FFFF; }}) {
      auto stated = encoded.what();
      change(stated);
      BOOST_TEST(is_corrupt(*sut, payload::copy_of(stated, encoded.bytes())));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_decompression_bomb_takes_no_memory) {
  // 4096 × 4096 grey pixels of one colour: 16 MiB out of a few kB; the frame states 8 × 8.
  std::vector<unsigned char> bomb;
  const format stated{.kind = content::image, .channels = 1, .width = 8, .height = 8};
  const cv::Mat huge(4096, 4096, CV_8UC1, cv::Scalar(0));
  for (const auto& [type, extension] : {std::pair{"jpeg", ".jpg"}, {"png", ".png"}}) {
    BOOST_REQUIRE(cv::imencode(extension, huge, bomb));
    const auto sut = make(type, 3);
    const auto frame = payload::copy_of(stated, std::as_bytes(std::span{bomb}));
    const auto before = resident_bytes();
    BOOST_TEST(is_corrupt(*sut, frame));
    BOOST_TEST(resident_bytes() < before + (4u << 20));
  }
}

BOOST_AUTO_TEST_SUITE_END()

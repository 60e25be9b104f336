// SPDX-License-Identifier: MIT
// The plugin is loaded as a node loads it.
#include "runtime/core/random.hpp"
#include "tests/transports/codecs/codec_rig.hpp"

#include <array>
#include <cstring>
#include <zstd.h>

using namespace peernet;

namespace {

std::unique_ptr<codec> zstd(std::int64_t level = 3) {
  return make_codec("zstd", "zstd", with_option("level", level));
}

payload noise(std::size_t size, const format& f = {}) {
  auto memory = buffer::acquire(size);
  auto random = random_source::named(1, "noise");
  random.fill(memory.bytes());
  return {f, std::move(memory)};
}

bool equal(const payload& a, const payload& b) {
  return a.what() == b.what() && std::ranges::equal(a.bytes(), b.bytes());
}

/// As a hostile sender may write it, with a checksum and whatever else is asked for.
template <class Settings>
payload frame_of(const format& f, const std::vector<std::byte>& content, Settings settings) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> c(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(c.get(), ZSTD_c_checksumFlag, 1);
  settings(c.get());
  std::vector<std::byte> frame(ZSTD_compressBound(content.size()));
  const auto n =
      ZSTD_compress2(c.get(), frame.data(), frame.size(), content.data(), content.size());
  BOOST_REQUIRE(!ZSTD_isError(n));
  return payload::copy_of(f, std::span(frame).first(n));
}

} // namespace

BOOST_AUTO_TEST_SUITE(zstd_codec_test)

BOOST_AUTO_TEST_CASE(whatever_goes_in_comes_out_again) {
  const auto sut = zstd();
  const format tensor{.kind = content::tensor, .type = element::f32, .width = 3, .height = 7};
  for (const auto& plain : {payload::copy_of(""), payload::copy_of("a text, a text, a text"),
                            noise(1), noise(100'000), noise(84, tensor), picture(640, 480, 3),
                            picture(1, 1, 1), payload::copy_of(std::string(3'000'000, 'x'))})
    for (int round = 0; round < 2; ++round) // the contexts are used again
      BOOST_TEST(equal(decoded_by(*sut, encoded_by(*sut, plain)), plain));
}

BOOST_AUTO_TEST_CASE(the_level_is_heeded) {
  const auto plain = picture(320, 240, 3);
  const auto size = [&](std::int64_t level) { return encoded_by(*zstd(level), plain).size(); };
  BOOST_TEST(size(19) < size(1));
  BOOST_TEST(size(1) < plain.size() / 10);
}

BOOST_AUTO_TEST_CASE(an_image_that_is_none_is_not_encoded) {
  const auto small = picture(2, 2, 3);
  auto lie = small.what();
  lie.height = 100;
  BOOST_TEST(
      (zstd()->encode(payload::copy_of(lie, small.bytes())).error().code == errc::unsupported));
}

BOOST_AUTO_TEST_CASE(broken_bytes_are_survived) {
  const auto sut = zstd();
  for (const auto& plain : {picture(23, 17, 3), payload::copy_of("a text, a text, a text")}) {
    const auto encoded = encoded_by(*sut, plain);
    refuses_every_truncation(*sut, encoded);
    survives_every_flip(*sut, encoded, &plain);
    BOOST_TEST(equal(decoded_by(*sut, encoded), plain)); // after all that
  }
  auto random = random_source::named(1, "noise");
  for (int i = 0; i < 5000; ++i) {
    std::vector<std::byte> bytes(random.between(0, 300));
    random.fill(bytes);
    if (bytes.size() > 3)
      std::memcpy(bytes.data(), "\x28\xB5\x2F\xFD", 4);
    BOOST_REQUIRE(is_corrupt(*sut, with_bytes(picture(2, 2, 1), bytes)));
  }
}

BOOST_AUTO_TEST_CASE(a_picture_of_another_size_than_stated_is_corrupt) {
  const auto sut = zstd();
  const auto encoded = encoded_by(*sut, picture(53, 37, 3));
  for (auto change : {+[](format& f) { f.width = 52; }, +[](format& f) { f.channels = 1; },
                      +[](format& f) { f.type = element::f32; }, +[](format& f) { f.width = 0; },
                      +[](format& f) { f.width = f.height = 0xFFFF'FFFF; }}) {
    auto stated = encoded.what();
    change(stated);
    BOOST_TEST(is_corrupt(*sut, payload::copy_of(stated, encoded.bytes())));
  }
}

BOOST_AUTO_TEST_CASE(a_bomb_takes_no_memory) {
  const auto sut = zstd();
  const std::vector<std::byte> zeros(300u << 20);
  const auto frame = frame_of({}, zeros, [](ZSTD_CCtx*) {}); // 300 MiB in a few kB
  BOOST_TEST(frame.size() < 100'000u);
  const auto before = resident_bytes();
  BOOST_TEST(is_corrupt(*sut, frame));
  BOOST_TEST(is_corrupt(*sut, payload::copy_of(picture(8, 8, 1).what(), frame.bytes())));
  // One that states 255 MiB and cannot hold them: a single block.
  std::array<unsigned char, 17> lie{0x28, 0xB5, 0x2F, 0xFD, 0xA4, 0, 0, 0xF0, 0x0F,
                                    0x0D, 0,    0,    0,    0,    0, 0, 0};
  BOOST_TEST(is_corrupt(*sut, payload::copy_of({}, std::as_bytes(std::span{lie}))));
  BOOST_TEST(resident_bytes() < before + (4u << 20));
}

BOOST_AUTO_TEST_CASE(frames_that_this_codec_would_not_write_are_corrupt) {
  const auto sut = zstd();
  std::vector<std::byte> content(100'000);
  random_source::named(1, "content").fill(content);
  const auto settings = [](ZSTD_cParameter what, int value) {
    return [=](ZSTD_CCtx* c) { ZSTD_CCtx_setParameter(c, what, value); };
  };
  BOOST_TEST(!is_corrupt(*sut, frame_of({}, content, [](ZSTD_CCtx*) {})));
  BOOST_TEST(is_corrupt(*sut, frame_of({}, content, settings(ZSTD_c_contentSizeFlag, 0))));
  BOOST_TEST(is_corrupt(*sut, frame_of({}, content, settings(ZSTD_c_checksumFlag, 0))));
  // A frame that needs a dictionary, by its number and by what it refers to.
  const auto dictionary = content;
  BOOST_TEST(is_corrupt(*sut, [&] {
    auto plain = frame_of({}, content, [](ZSTD_CCtx*) {});
    std::vector<std::byte> f(plain.bytes().begin(), plain.bytes().end());
    f[4] |= std::byte{3};
    const unsigned char number[] = {0x78, 0x56, 0x34, 0x12};
    f.insert(f.begin() + 5, reinterpret_cast<const std::byte*>(number),
             reinterpret_cast<const std::byte*>(number) + 4);
    return payload::copy_of({}, f);
  }()));
  BOOST_TEST(is_corrupt(*sut, frame_of({}, content, [&](ZSTD_CCtx* c) {
    ZSTD_CCtx_refPrefix(c, dictionary.data(), dictionary.size());
  })));
}

BOOST_AUTO_TEST_SUITE_END()

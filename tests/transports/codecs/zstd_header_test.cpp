// SPDX-License-Identifier: MIT
// Frames by libzstd itself, with the settings that PeerNet's own encoder has and with others.
#include "runtime/core/random.hpp"
#include "transports/codecs/zstd_header.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <memory>
#include <vector>
#include <zstd.h>

using namespace peernet;

namespace {

using bytes = std::vector<std::byte>;

bytes content_of(std::size_t size, bool noisy) {
  bytes content(size, std::byte{7});
  auto random = random_source::named(1, "content");
  if (noisy)
    random.fill(content);
  return content;
}

bytes encode(const bytes& content, const std::function<void(ZSTD_CCtx*)>& settings = {}) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> c(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(c.get(), ZSTD_c_checksumFlag, 1);
  if (settings)
    settings(c.get());
  bytes frame(ZSTD_compressBound(content.size()));
  const auto n =
      ZSTD_compress2(c.get(), frame.data(), frame.size(), content.data(), content.size());
  BOOST_REQUIRE(!ZSTD_isError(n));
  frame.resize(n);
  return frame;
}

/// One raw block of 5 bytes in a frame of one segment; behind it a checksum.
bytes by_hand(unsigned descriptor, std::initializer_list<unsigned> size) {
  bytes frame;
  for (const unsigned b : {0x28u, 0xB5u, 0x2Fu, 0xFDu, descriptor})
    frame.push_back(static_cast<std::byte>(b));
  for (const unsigned b : size)
    frame.push_back(static_cast<std::byte>(b));
  for (const unsigned b : {5u << 3 | 1u, 0u, 0u, 1u, 2u, 3u, 4u, 5u, 0u, 0u, 0u, 0u})
    frame.push_back(static_cast<std::byte>(b));
  return frame;
}

} // namespace

BOOST_AUTO_TEST_SUITE(zstd_header_test)

BOOST_AUTO_TEST_CASE(the_size_of_the_content_is_read) {
  for (const bool noisy : {false, true})
    for (const std::size_t size :
         {0, 1, 5, 255, 256, 300, 65'791, 65'792, 131'072, 131'073, 1'000'000, 9'000'000}) {
      const auto read = read_zstd_header(encode(content_of(size, noisy)));
      BOOST_REQUIRE_MESSAGE(read.has_value(), size);
      BOOST_TEST(*read == size);
    }
}

BOOST_AUTO_TEST_CASE(frames_of_the_highest_level_pass) {
  const auto frame = encode(content_of(20'000'000, false), [](ZSTD_CCtx* c) {
    ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, 19);
  });
  BOOST_TEST(read_zstd_header(frame).value() == 20'000'000u);
}

BOOST_AUTO_TEST_CASE(a_frame_without_a_size_or_checksum_is_refused) {
  const auto content = content_of(1000, true);
  BOOST_TEST(!read_zstd_header(encode(content, [](ZSTD_CCtx* c) {
                ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, 0);
              })).has_value());
  BOOST_TEST(!read_zstd_header(encode(content, [](ZSTD_CCtx* c) {
                ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 0);
              })).has_value());
}

BOOST_AUTO_TEST_CASE(each_field_is_looked_at) {
  constexpr unsigned good = 0x24; // one segment, a checksum
  BOOST_TEST(read_zstd_header(by_hand(good, {5})).value() == 5u);
  BOOST_TEST(!read_zstd_header(by_hand(good, {4})).has_value());           // more than it states
  BOOST_TEST(!read_zstd_header(by_hand(good, {6})).has_value());           // less
  BOOST_TEST(!read_zstd_header(by_hand(good | 0x08, {5})).has_value());    // the reserved bit
  BOOST_TEST(read_zstd_header(by_hand(good | 0x10, {5})).has_value());     // a bit without meaning
  BOOST_TEST(!read_zstd_header(by_hand(good | 0x01, {5, 9})).has_value()); // a dictionary
  BOOST_TEST(!read_zstd_header(by_hand(good & ~0x20u, {0x58})).has_value());     // no size
  BOOST_TEST(read_zstd_header(by_hand(0x84, {0x88, 5, 0, 0, 0})).value() == 5u); // 128 MiB window
  BOOST_TEST(!read_zstd_header(by_hand(0x84, {0x90, 5, 0, 0, 0})).has_value());  // 256 MiB
  auto magic = by_hand(good, {5});
  magic[0] ^= std::byte{1};
  BOOST_TEST(!read_zstd_header(magic).has_value());
  auto block = by_hand(good, {5});
  block[6] = std::byte{5u << 3 | 3u << 1 | 1u}; // of the reserved type
  BOOST_TEST(!read_zstd_header(block).has_value());
  block[6] = std::byte{5u << 3}; // not the last
  BOOST_TEST(!read_zstd_header(block).has_value());
}

BOOST_AUTO_TEST_CASE(a_frame_that_cannot_hold_what_it_states_is_refused) {
  // One block, compressed, of 5 bytes: at most 128 KiB come out of it.
  auto most = by_hand(0xA4, {0, 0, 2, 0});
  most[9] = std::byte{5u << 3 | 2u << 1 | 1u};
  BOOST_TEST(read_zstd_header(most).value() == 128u << 10);
  auto bomb = by_hand(0xA4, {1, 0, 2, 0});
  bomb[9] = most[9];
  BOOST_TEST(!read_zstd_header(bomb).has_value());
  auto huge = by_hand(0xE4, {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF});
  BOOST_TEST(!read_zstd_header(huge).has_value());
}

BOOST_AUTO_TEST_CASE(a_frame_is_whole_and_alone) {
  const auto whole = encode(content_of(300'000, true));
  for (std::size_t n = 0; n < whole.size(); n += n < 1000 || n + 1000 > whole.size() ? 1 : 997)
    BOOST_REQUIRE(!read_zstd_header(std::span(whole).first(n)).has_value());
  auto longer = whole;
  longer.emplace_back();
  BOOST_TEST(!read_zstd_header(longer).has_value());
  auto twice = whole;
  twice.insert(twice.end(), whole.begin(), whole.end());
  BOOST_TEST(!read_zstd_header(twice).has_value());
  bytes skippable;
  for (const unsigned b : {0x50u, 0x2Au, 0x4Du, 0x18u, 0u, 0u, 0u, 0u})
    skippable.push_back(static_cast<std::byte>(b));
  BOOST_TEST(!read_zstd_header(skippable).has_value());
  skippable.insert(skippable.end(), whole.begin(), whole.end());
  BOOST_TEST(!read_zstd_header(skippable).has_value());
}

BOOST_AUTO_TEST_CASE(random_and_damaged_bytes_are_looked_at_without_harm) {
  auto random = random_source::named(1, "damage");
  const auto frame = encode(content_of(1000, true));
  for (int i = 0; i < 20'000; ++i) {
    bytes noise(random.between(0, 100));
    random.fill(noise);
    BOOST_REQUIRE(!read_zstd_header(noise).has_value());
    auto damaged = frame;
    damaged[random.between(0, 12)] = static_cast<std::byte>(random.next());
    (void)read_zstd_header(damaged);
  }
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "runtime/core/random.hpp"
#include "transports/crc32c.hpp"

#include <boost/test/unit_test.hpp>

#include <string_view>
#include <vector>

using namespace peernet;

namespace {

std::uint32_t of(std::string_view text) {
  return crc32c(0, std::as_bytes(std::span{text}));
}

/// As the polynomial defines it, bit by bit.
std::uint32_t by_hand(std::span<const std::byte> bytes) {
  std::uint32_t c = ~0u;
  for (const auto b : bytes) {
    c ^= std::to_integer<std::uint32_t>(b);
    for (int bit = 0; bit < 8; ++bit)
      c = (c >> 1) ^ (c & 1 ? 0x82f63b78u : 0u);
  }
  return ~c;
}

} // namespace

BOOST_AUTO_TEST_SUITE(crc32c_test)

BOOST_AUTO_TEST_CASE(published_values) {
  BOOST_TEST(of("") == 0u);
  BOOST_TEST(of("123456789") == 0xe3069283u); // the catalogue of parametrised CRC algorithms
  const std::vector<std::byte> zeros(32), ones(32, std::byte{0xff});
  BOOST_TEST(crc32c(0, zeros) == 0x8a9136aau); // RFC 3720, B.4
  BOOST_TEST(crc32c(0, ones) == 0x62a8ab43u);
}

BOOST_AUTO_TEST_CASE(every_length_and_alignment_is_right_with_and_without_the_instruction) {
  std::vector<std::byte> bytes(20'000);
  random_source random(1);
  random.fill(bytes);
  for (int i = 0; i < 3000; ++i) {
    const auto from = random.between(0, 40);
    const auto size = i < 200 ? static_cast<std::size_t>(i) : random.between(0, 9000);
    const auto part = std::span(bytes).subspan(from, size);
    const auto expected = by_hand(part);
    BOOST_REQUIRE(crc32c(0, part) == expected);
    BOOST_REQUIRE(crc32c_portable(0, part) == expected);
  }
}

BOOST_AUTO_TEST_CASE(it_goes_on_where_it_stopped) {
  std::vector<std::byte> bytes(10'000);
  random_source random(2);
  random.fill(bytes);
  const auto whole = crc32c(0, bytes);
  for (const std::size_t cut : {0u, 1u, 7u, 88u, 3072u, 5000u, 10'000u}) {
    const std::span<const std::byte> all(bytes);
    BOOST_TEST(crc32c(crc32c(0, all.first(cut)), all.subspan(cut)) == whole);
    BOOST_TEST(crc32c_portable(crc32c_portable(0, all.first(cut)), all.subspan(cut)) == whole);
  }
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "runtime/core/random.hpp"
#include "transports/crc32c.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
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

BOOST_AUTO_TEST_CASE(every_length_and_alignment_is_right_in_each_way) {
  std::vector<std::byte> bytes(20'000);
  random_source random(1);
  random.fill(bytes);
  for (int i = 0; i < 3000; ++i) {
    const auto from = random.between(0, 80);
    const auto size = i < 800 ? static_cast<std::size_t>(i) : random.between(0, 9000);
    const auto part = std::span(bytes).subspan(from, size);
    const auto expected = by_hand(part);
    for (const auto& way : crc32c_ways())
      BOOST_REQUIRE_MESSAGE(way.add(0, part) == expected, way.name << " of " << size << " bytes");
  }
}

BOOST_AUTO_TEST_CASE(it_goes_on_where_it_stopped) {
  std::vector<std::byte> bytes(10'000);
  random_source random(2);
  random.fill(bytes);
  const std::span<const std::byte> all(bytes);
  const auto whole = crc32c(0, all);
  for (const auto& way : crc32c_ways())
    for (const std::size_t cut : {0u, 1u, 7u, 88u, 3072u, 5000u, 10'000u})
      BOOST_TEST(way.add(way.add(0, all.first(cut)), all.subspan(cut)) == whole, way.name);
}

BOOST_AUTO_TEST_CASE(a_copy_is_summed_up_as_it_is_made) {
  std::vector<std::byte> bytes(20'000), copy(bytes.size() + 1);
  random_source random(3);
  random.fill(bytes);
  for (const std::size_t size : {0u, 1u, 63u, 4095u, 4096u, 4097u, 20'000u}) {
    const auto part = std::span(bytes).first(size);
    std::fill(copy.begin(), copy.end(), std::byte{0x5a});
    BOOST_TEST(crc32c_copy(7, copy.data(), part) == crc32c(7, part));
    BOOST_TEST(std::ranges::equal(std::span(copy).first(size), part));
    BOOST_TEST((copy[size] == std::byte{0x5a})); // and no further
  }
}

BOOST_AUTO_TEST_SUITE_END()

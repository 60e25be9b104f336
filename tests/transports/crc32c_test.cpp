// SPDX-License-Identifier: MIT
#include "runtime/core/random.hpp"
#include "transports/crc32c.hpp"

#include <boost/test/unit_test.hpp>

#include <string_view>
#include <vector>

using namespace peernet;

namespace {

using bytes = std::vector<std::byte>;

bytes of(std::string_view text) {
  const auto b = std::as_bytes(std::span{text});
  return {b.begin(), b.end()};
}

bytes filled(unsigned char value) {
  return bytes(32, std::byte{value});
}

bytes counting(int first, int step) {
  bytes b(32);
  for (std::size_t i = 0; i < b.size(); ++i)
    b[i] = static_cast<std::byte>(first + step * static_cast<int>(i));
  return b;
}

void is(const bytes& b, std::uint32_t sum) {
  BOOST_TEST(crc32c(b) == sum);
  BOOST_TEST(crc32c_by_table(b) == sum);
}

} // namespace

BOOST_AUTO_TEST_SUITE(crc32c_test)

BOOST_AUTO_TEST_CASE(known_sums_come_out) {
  // The check value of the catalogue of CRC algorithms, then RFC 3720, appendix B.4.
  is(of("123456789"), 0xE306'9283);
  is(filled(0x00), 0x8A91'36AA);
  is(filled(0xFF), 0x62A8'AB43);
  is(counting(0, 1), 0x46DD'794E);
  is(counting(31, -1), 0x113F'DB5C);
  is({}, 0);
}

BOOST_AUTO_TEST_CASE(instruction_and_table_agree_at_every_length_and_place) {
  bytes all(1700); // more than twice what is computed side by side
  random_source(5).fill(all);
  for (std::size_t begin = 0; begin < 9; ++begin)
    for (std::size_t size = 0; begin + size <= all.size(); ++size) {
      const auto some = std::span(all).subspan(begin, size);
      BOOST_REQUIRE(crc32c(some) == crc32c_by_table(some));
    }
}

BOOST_AUTO_TEST_CASE(pieces_give_the_sum_of_the_whole) {
  bytes all(1000);
  random_source(6).fill(all);
  for (const std::size_t cut : {0u, 1u, 7u, 8u, 500u, 999u, 1000u})
    BOOST_TEST(crc32c(std::span(all).subspan(cut), crc32c(std::span(all).first(cut))) ==
               crc32c(all));
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_shows) {
  bytes all(120);
  random_source(7).fill(all);
  const auto right = crc32c(all);
  for (std::size_t bit = 0; bit < all.size() * 8; ++bit) {
    all[bit / 8] ^= std::byte{1} << (bit % 8);
    BOOST_REQUIRE(crc32c(all) != right);
    all[bit / 8] ^= std::byte{1} << (bit % 8);
  }
}

BOOST_AUTO_TEST_SUITE_END()

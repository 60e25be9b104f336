// SPDX-License-Identifier: MIT
#include "transports/crc32c.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <string_view>

using namespace peernet;

namespace {

std::uint32_t of(std::string_view text, std::uint32_t so_far = 0) {
  return crc32c(so_far, std::as_bytes(std::span{text}));
}

} // namespace

BOOST_AUTO_TEST_SUITE(crc32c_test)

BOOST_AUTO_TEST_CASE(known_texts_have_their_known_sums) { // RFC 3720, B.4, and the usual check
  BOOST_TEST(of("") == 0u);
  BOOST_TEST(of("123456789") == 0xE3069283u);
  std::array<std::byte, 32> bytes{};
  BOOST_TEST(crc32c(0, bytes) == 0x8A9136AAu);
  bytes.fill(std::byte{0xFF});
  BOOST_TEST(crc32c(0, bytes) == 0x62A8AB43u);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(i);
  BOOST_TEST(crc32c(0, bytes) == 0x46DD794Eu);
}

BOOST_AUTO_TEST_CASE(it_can_be_taken_in_parts) {
  const std::string_view text = "header and body";
  for (std::size_t n = 0; n <= text.size(); ++n)
    BOOST_TEST(of(text.substr(n), of(text.substr(0, n))) == of(text));
}

BOOST_AUTO_TEST_SUITE_END()

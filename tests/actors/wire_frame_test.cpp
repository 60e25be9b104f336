// SPDX-License-Identifier: MIT
#include "actors/wire_frame.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/deep_to_string.hpp>

#include <cstring>

using namespace peernet;

namespace {

wire_frame frame_with(std::string_view body) {
  wire_frame f;
  for (std::size_t i = 0; i < f.header.size(); ++i)
    f.header[i] = static_cast<std::byte>(i);
  f.body = payload::copy_of(body);
  return f;
}

struct fixture : actor_fixture {
  std::vector<char> bytes_of(wire_frame f) {
    std::vector<char> bytes;
    caf::binary_serializer out(system, bytes);
    BOOST_TEST(!out(f));
    return bytes;
  }
  /// Reads a frame; the error, if it is none.
  caf::error read(const std::vector<char>& bytes, wire_frame& into) {
    caf::binary_deserializer in(system, bytes);
    return in(into);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(wire_frame_test, fixture)

BOOST_AUTO_TEST_CASE(a_frame_arrives_byte_for_byte) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1} << 20}) {
    const auto sent = frame_with(std::string(size, 'x'));
    wire_frame came;
    BOOST_TEST(!read(bytes_of(sent), came));
    BOOST_CHECK(came.header == sent.header);
    BOOST_TEST(came.body.size() == size);
    BOOST_CHECK(came.body.text() == sent.body.text());
  }
}

BOOST_AUTO_TEST_CASE(a_length_above_the_limit_is_refused_before_memory_is_taken) {
  // Header, then a length (LEB128) of 2^31.
  auto bytes = bytes_of(frame_with(""));
  bytes.pop_back();
  for (const unsigned char c : {0x80, 0x80, 0x80, 0x80, 0x08})
    bytes.push_back(static_cast<char>(c));
  wire_frame came;
  const auto refused = read(bytes, came);
  BOOST_REQUIRE(refused);
  BOOST_CHECK(refused == caf::sec::invalid_argument);
  BOOST_TEST(came.body.size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_length_above_what_came_is_refused_before_memory_is_taken) {
  // Header, then a length (LEB128) of 2^27, which the limit allows, and 3 bytes.
  auto bytes = bytes_of(frame_with(""));
  bytes.pop_back();
  for (const char c : {'\x80', '\x80', '\x80', '\x40', 'a', 'b', 'c'})
    bytes.push_back(c);
  wire_frame came;
  const auto refused = read(bytes, came);
  BOOST_REQUIRE(refused);
  BOOST_CHECK(refused == caf::sec::end_of_stream);
  BOOST_TEST(caf::to_string(refused).find("longer than its message") != std::string::npos,
             caf::to_string(refused)); // its own words: nothing was tried
}

BOOST_AUTO_TEST_CASE(bytes_that_end_too_early_are_refused) {
  const auto whole = bytes_of(frame_with("hello"));
  for (std::size_t n = 0; n < whole.size(); ++n) {
    wire_frame came;
    BOOST_TEST(static_cast<bool>(read(
        std::vector<char>(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)), came)));
  }
}

BOOST_AUTO_TEST_CASE(a_frame_is_printed_by_its_size_not_its_bytes) {
  const auto text = caf::deep_to_string(frame_with(std::string(5000, 'x')));
  BOOST_TEST(text == "wire_frame(5000)");
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "runtime/core/detection.hpp"
#include "runtime/core/payload.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

using namespace peernet;

namespace {

/// Foreign memory that tells when it was let go.
class lent final : public storage {
public:
  explicit lent(bool& gone) : gone_(gone) {}
  std::array<std::byte, 4> bytes{};

private:
  void dispose() noexcept override {
    gone_ = true;
    delete this;
  }
  bool& gone_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(payload_test)

BOOST_AUTO_TEST_CASE(copies_share_the_bytes) {
  const auto sut = payload::copy_of("hello");
  const auto copy = sut;
  BOOST_TEST(copy.text() == "hello");
  BOOST_TEST(copy.data() == sut.data());
  BOOST_TEST((copy.what().kind == content::text));
}

BOOST_AUTO_TEST_CASE(foreign_memory_lives_as_long_as_a_payload_shows_it) {
  bool gone = false;
  auto* memory = new lent(gone);
  {
    payload sut(format{}, memory->bytes, storage_ref::adopt(memory));
    const auto copy = sut;
    sut = payload{};
    BOOST_TEST(!gone);
    BOOST_TEST(copy.size() == 4u);
  }
  BOOST_TEST(gone);
}

BOOST_AUTO_TEST_CASE(image_sizes_follow_from_the_format) {
  BOOST_TEST(
      image_bytes(format{.kind = content::image, .channels = 3, .width = 768, .height = 576}) ==
      768u * 576 * 3);
  BOOST_TEST(image_bytes(format{.kind = content::text, .width = 5}) == 0u);
  const format huge{.kind = content::image,
                    .type = element::i64,
                    .channels = 0xFFFF,
                    .width = 1u << 31,
                    .height = 1u << 31};
  BOOST_TEST(image_bytes(huge) == SIZE_MAX);
}

BOOST_AUTO_TEST_CASE(detections_survive_packing) {
  detection d{.x = 1, .y = 2, .width = 30, .height = 60, .score = 0.5f};
  d.set_label("a label that is much too long for its field");
  const auto found = unpack(pack(std::span{&d, 1}));
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST(found[0].height == 60);
  BOOST_TEST(found[0].name() == "a label that is much to");
  BOOST_TEST(unpack(pack({})).empty());
  BOOST_TEST(unpack(payload::copy_of("text")).empty());
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "runtime/core/random.hpp"
#include "transports/wire.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

using namespace peernet;

namespace {

constexpr std::uint64_t our_run = 0x1716151413121110;
constexpr std::size_t limit = 1000;

/// Every field differs from every other and from its default, byte for byte.
wire_header full_header() {
  wire_header h;
  h.flags = 0x0201;
  h.codec = 0x0403;
  h.run = our_run;
  h.trace = 0x1f1e1d1c1b1a1918;
  h.sequence = 0x2726252423222120;
  h.intended_ns = 0x2f2e2d2c2b2a2928;
  h.sent_ns = -2;
  h.route = 0x3b3a3938;
  h.output = 0x3f3e3d3c;
  h.length = 0x43424140;
  h.fragment = 0x4544;
  h.fragments = 0x4746;
  h.link = 0x4948;
  h.lane = 0x4b4a;
  h.clock = 0x4d4c;
  h.origin_clock = 0x4f4e;
  h.kind = content::image;
  h.type = element::f32;
  h.channels = 0x5352;
  h.width = 0x57565554;
  h.height = 0x5b5a5958;
  h.checksum = 0x5f5e5d5c;
  return h;
}

/// What `full_header` must look like on the wire, for ever: another program may read it.
constexpr std::array<unsigned char, 88> golden{
    'P',  'N',  1,    88,   0x01, 0x02, 0x03, 0x04, // magic, version, size, flags, codec
    0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, // run
    0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, // trace
    0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, // sequence
    0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, // intended
    0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, // sent
    0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, // route, output
    0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, // length, fragment, fragments
    0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, // link, lane, clock, origin clock
    2,    1,    0x52, 0x53, 0x54, 0x55, 0x56, 0x57, // kind, type, channels, width
    0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x5e, 0x5f, // height, checksum
};

/// A header that must pass, of a body of 10 bytes.
wire_header right_header() {
  wire_header h;
  h.run = our_run;
  h.length = 10;
  return h;
}

result<wire_header> read(const wire_header& h, std::size_t body = 10) {
  return read_header(wire_bytes(h), body, limit, our_run);
}

/// Why a header is refused; `internal` stands for "it is not".
template <class Change>
errc refusal(Change spoil) {
  auto h = right_header();
  spoil(h);
  const auto r = read(h);
  return r ? errc::internal : r.error().code;
}

template <class Field>
Field drawn(random_source& random) {
  return static_cast<Field>(random.next());
}

} // namespace

BOOST_AUTO_TEST_SUITE(wire_test)

BOOST_AUTO_TEST_CASE(a_header_is_these_bytes_and_no_others) {
  const auto h = full_header();
  const auto bytes = wire_bytes(h);
  BOOST_REQUIRE(bytes.size() == golden.size());
  for (std::size_t i = 0; i < golden.size(); ++i)
    BOOST_TEST(std::to_integer<unsigned>(bytes[i]) == golden[i], "byte " << i);
}

BOOST_AUTO_TEST_CASE(these_bytes_are_read_as_that_header) {
  const auto bytes = std::as_bytes(std::span{golden});
  const auto h = read_header(bytes, 0x43424140, 0x43424140, our_run);
  BOOST_REQUIRE(h.ok());
  const auto expected = full_header();
  BOOST_TEST((h->sequence == expected.sequence && h->sent_ns == -2 && h->kind == content::image &&
              h->type == element::f32 && h->height == expected.height));
  BOOST_TEST(std::ranges::equal(wire_bytes(*h), wire_bytes(expected)));
}

BOOST_AUTO_TEST_CASE(a_right_header_passes) {
  BOOST_TEST(read(right_header()).ok());
  BOOST_TEST((refusal([](wire_header&) {}) == errc::internal));
}

BOOST_AUTO_TEST_CASE(fewer_bytes_than_a_header_are_refused_whatever_they_hold) {
  const auto h = right_header();
  for (std::size_t n = 0; n < sizeof h; ++n) {
    const auto r = read_header(wire_bytes(h).first(n), 10, limit, our_run);
    BOOST_REQUIRE(!r.ok());
    BOOST_TEST((r.error().code == errc::corrupt));
  }
}

BOOST_AUTO_TEST_CASE(bytes_behind_the_header_do_not_matter_to_it) {
  std::vector<std::byte> bytes(200, std::byte{0xff});
  const auto h = right_header();
  std::memcpy(bytes.data(), &h, sizeof h);
  BOOST_TEST(read_header(bytes, 10, limit, our_run).ok());
}

BOOST_AUTO_TEST_CASE(what_no_peernet_of_this_version_sends_is_corrupt) {
  const auto corrupt = [](auto spoil) { return refusal(spoil) == errc::corrupt; };
  BOOST_TEST(corrupt([](wire_header& h) { h.magic = {'P', 'M'}; }));
  BOOST_TEST(corrupt([](wire_header& h) { h.magic = {'N', 'P'}; }));
  BOOST_TEST(corrupt([](wire_header& h) { h.version = wire_version + 1; }));
  BOOST_TEST(corrupt([](wire_header& h) { h.version = 0; }));
  BOOST_TEST(corrupt([](wire_header& h) { h.size = 87; }));
  BOOST_TEST(corrupt([](wire_header& h) { h.size = 96; }));
  BOOST_TEST(corrupt([](wire_header& h) { h.kind = static_cast<content>(5); }));
  BOOST_TEST(corrupt([](wire_header& h) { h.kind = static_cast<content>(255); }));
  BOOST_TEST(corrupt([](wire_header& h) { h.type = static_cast<element>(3); }));
  BOOST_TEST(corrupt([](wire_header& h) { h.fragments = 0; }));
  BOOST_TEST(corrupt([](wire_header& h) { h.fragment = 1; }));
  BOOST_TEST(corrupt([](wire_header& h) { h.fragment = h.fragments = 7; }));
}

BOOST_AUTO_TEST_CASE(a_length_that_is_not_the_bodys_is_corrupt) {
  BOOST_TEST((read(right_header(), 9).error().code == errc::corrupt));
  BOOST_TEST((read(right_header(), 11).error().code == errc::corrupt));
  BOOST_TEST((read(right_header(), 0).error().code == errc::corrupt));
  // A body whose size agrees only in the 32 bits that the header has.
  BOOST_TEST(
      (read_header(wire_bytes(right_header()), (std::size_t{1} << 32) + 10, SIZE_MAX, our_run)
           .error()
           .code == errc::corrupt));
}

BOOST_AUTO_TEST_CASE(a_body_may_be_as_long_as_the_limit_and_no_longer) {
  auto h = right_header();
  h.length = limit;
  BOOST_TEST(read(h, limit).ok());
  h.length = limit + 1;
  BOOST_TEST((read(h, limit + 1).error().code == errc::corrupt));
  h.length = 0;
  BOOST_TEST(read(h, 0).ok());
}

BOOST_AUTO_TEST_CASE(every_known_content_and_element_passes) {
  for (std::uint8_t kind = 0; kind <= 4; ++kind)
    for (std::uint8_t type = 0; type <= 2; ++type)
      BOOST_TEST((refusal([&](wire_header& h) {
                    h.kind = static_cast<content>(kind);
                    h.type = static_cast<element>(type);
                  }) == errc::internal));
}

BOOST_AUTO_TEST_CASE(a_frame_of_another_run_is_foreign_not_corrupt) {
  BOOST_TEST((refusal([](wire_header& h) { h.run ^= 1; }) == errc::refused));
  // Noise that happens to carry our run is still noise, and another run's noise is not even
  // foreign.
  BOOST_TEST((refusal([](wire_header& h) {
                h.run ^= 1;
                h.magic = {'X', 'X'};
              }) == errc::corrupt));
}

BOOST_AUTO_TEST_CASE(a_sample_comes_back_as_it_was_described) {
  random_source random(1);
  for (int round = 0; round < 1000; ++round) {
    const std::vector<std::byte> body(random.between(0, 99));
    const sample s{.header = {.trace = trace_id(drawn<std::uint64_t>(random)),
                              .route = drawn<route_id>(random),
                              .output = drawn<std::uint32_t>(random),
                              .origin_clock = drawn<clock_id>(random),
                              .warmup = random.between(0, 1) == 1,
                              .intended = stamp_from_ns(drawn<std::int64_t>(random))},
                   .body = payload::copy_of({.kind = content::tensor,
                                             .type = element::i64,
                                             .channels = drawn<std::uint16_t>(random),
                                             .width = drawn<std::uint32_t>(random),
                                             .height = drawn<std::uint32_t>(random)},
                                            body)};
    wire_header h;
    describe_sample(h, s);
    const auto back = sample_header_of(h);
    BOOST_REQUIRE((back.trace == s.header.trace && back.route == s.header.route &&
                   back.output == s.header.output && back.warmup == s.header.warmup &&
                   back.origin_clock == s.header.origin_clock &&
                   back.intended == s.header.intended));
    BOOST_REQUIRE((format_of(h) == s.body.what()));
    BOOST_REQUIRE(h.length == body.size());
  }
}

BOOST_AUTO_TEST_CASE(describing_a_sample_leaves_the_lanes_fields_alone) {
  auto h = full_header();
  h.flags = wire_checksum | wire_warmup;
  describe_sample(h, sample{}); // not of the warm-up, as the one before was
  BOOST_TEST(h.flags == wire_checksum);
  const auto lane = full_header();
  BOOST_TEST((h.codec == lane.codec && h.run == lane.run && h.sequence == lane.sequence &&
              h.sent_ns == lane.sent_ns && h.link == lane.link && h.lane == lane.lane &&
              h.clock == lane.clock && h.checksum == lane.checksum));
}

BOOST_AUTO_TEST_CASE(whatever_bytes_come_the_answer_is_a_header_within_the_rules_or_an_error) {
  random_source random(2);
  std::array<std::byte, 128> bytes;
  int passed = 0;
  for (int round = 0; round < 100'000; ++round) {
    random.fill(bytes);
    auto h = right_header();
    // Most headers are right but for a few bytes: noise alone would never get past the magic.
    if (round % 4 != 0)
      std::memcpy(bytes.data(), &h, sizeof h);
    for (auto flips = random.between(0, 3); flips > 0; --flips)
      bytes[random.between(0, sizeof h - 1)] = static_cast<std::byte>(random.next());
    const auto size = round % 8 == 1 ? random.between(0, bytes.size()) : bytes.size();
    const auto r = read_header(std::span(bytes).first(size), 10, limit, our_run);
    if (!r.ok())
      continue;
    ++passed;
    BOOST_REQUIRE((r->run == our_run && r->length == 10 && r->fragment < r->fragments));
    BOOST_REQUIRE((r->kind <= content::tensor && r->type <= element::i64));
    (void)sample_header_of(*r);
    BOOST_REQUIRE((image_bytes(format_of(*r)) == 0 || r->kind == content::image));
  }
  BOOST_TEST(passed > 10'000); // both answers really came
  BOOST_TEST(passed < 90'000);
}

BOOST_AUTO_TEST_CASE(a_codecs_number_never_changes) {
  BOOST_TEST(codec_tag("raw") == 20750);
  BOOST_TEST(codec_tag("jpeg") == 11772);
  BOOST_TEST(codec_tag("png") == 43689);
  BOOST_TEST(codec_tag("") == 7385);
}

BOOST_AUTO_TEST_CASE(a_checksum_covers_every_bit_of_header_and_body) {
  const std::string_view text = "0123456789";
  std::vector<std::byte> body(text.size());
  std::ranges::copy(std::as_bytes(std::span{text}), body.begin());
  auto h = right_header();
  BOOST_TEST(checksum_holds(h, body)); // without the flag nobody looks
  set_checksum(h, body);
  BOOST_TEST((h.flags == wire_checksum && h.checksum != 0u));
  BOOST_TEST(checksum_holds(h, body));
  set_checksum(h, body); // the sum of before is no part of it
  BOOST_TEST(checksum_holds(h, body));
  std::array<std::byte, sizeof h> raw{};
  for (std::size_t bit = 0; bit < 8 * sizeof h; ++bit) {
    std::memcpy(raw.data(), &h, sizeof h);
    raw[bit / 8] ^= std::byte{1} << bit % 8;
    wire_header damaged;
    std::memcpy(&damaged, raw.data(), sizeof damaged);
    if ((damaged.flags & wire_checksum) != 0)
      BOOST_TEST(!checksum_holds(damaged, body), "bit " << bit);
  }
  for (std::size_t bit = 0; bit < 8 * body.size(); ++bit) {
    body[bit / 8] ^= std::byte{1} << bit % 8;
    BOOST_TEST(!checksum_holds(h, body), "bit " << bit);
    body[bit / 8] ^= std::byte{1} << bit % 8;
  }
}

BOOST_AUTO_TEST_SUITE_END()

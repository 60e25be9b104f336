// SPDX-License-Identifier: MIT
#include "runtime/config/catalogue.hpp"
#include "tests/transports/udp/udp_world.hpp"
#include "transports/udp/udp_datagram.hpp"

#include <string>

using namespace peernet;
using namespace peernet::contract;

namespace {

const std::string our_key(channel_key_bytes, 'k');

constexpr udp_cut clear_cut{1400, false}, sealed_cut{1400, true};

std::string hex(std::span<const std::byte> b) {
  std::string text;
  for (const auto byte : b) {
    text += "0123456789abcdef"[std::to_integer<int>(byte) >> 4];
    text += "0123456789abcdef"[std::to_integer<int>(byte) & 15];
  }
  return text;
}

udp_greeting question() {
  return {.kind = greeting_kind::question, .size = 1400, .run = 0x1122'3344'5566'7788, .number = 3};
}

bytes content_of(const udp_greeting& g) {
  const auto b = std::as_bytes(std::span{&g, 1});
  return {b.begin(), b.end()};
}

} // namespace

BOOST_AUTO_TEST_SUITE(udp_datagram_test)

BOOST_AUTO_TEST_CASE(a_datagram_is_checksum_or_seal_then_header_then_part) {
  BOOST_TEST(clear_cut.overhead() == 4u + 88u);
  BOOST_TEST(sealed_cut.overhead() == 16u + 8u + 88u + 16u);
  BOOST_TEST(clear_cut.part() == 1308u);
  BOOST_TEST(sealed_cut.part() == 1272u);
}

BOOST_AUTO_TEST_CASE(frames_are_cut_into_as_few_datagrams_as_hold_them) {
  BOOST_TEST(clear_cut.parts(0) == 1u);
  BOOST_TEST(clear_cut.parts(1) == 1u);
  BOOST_TEST(clear_cut.parts(1308) == 1u);
  BOOST_TEST(clear_cut.parts(1309) == 2u);
  BOOST_TEST(clear_cut.parts(2616) == 2u);
  BOOST_TEST(clear_cut.parts(2617) == 3u);
  BOOST_TEST(clear_cut.whole(1309) == 1309u + 2 * 92);
  BOOST_TEST(sealed_cut.largest_body() == 65'535u * 1272);
}

BOOST_AUTO_TEST_CASE(the_smallest_datagrams_carry_the_largest_sample_that_can_be_written) {
  const auto* udp = catalogue::builtin().find(plugin_kind::transport, "udp");
  const auto smallest = static_cast<std::size_t>(udp->find("datagram")->min);
  BOOST_TEST(static_cast<double>(udp_cut{smallest, true}.largest_body()) >=
             udp->find("max-sample")->max);
}

BOOST_AUTO_TEST_CASE(what_is_not_written_is_as_in_the_catalogue) {
  channel_settings s;
  s.max_frame = 4'000'000;
  auto o = udp_options::of(s);
  BOOST_TEST(o.datagram == 1400u);
  BOOST_TEST(o.max_sample == 4'000'000u);
  BOOST_TEST((o.reassembly == std::chrono::milliseconds{100}));
  BOOST_TEST(!o.pace);
  s.own.set("datagram", std::int64_t{9000});
  s.own.set("reassembly", duration{5});
  s.own.set("pace", 1e8);
  o = udp_options::of(s);
  BOOST_TEST(o.datagram == 9000u);
  BOOST_TEST((o.reassembly == duration{5}));
  BOOST_TEST(o.pace.value_or(0) == 1e8);
}

BOOST_AUTO_TEST_CASE(no_body_is_larger_than_its_parts_can_be_numbered) {
  channel_settings s;
  s.max_frame = SIZE_MAX;
  BOOST_TEST(udp_options::of(s).max_sample == clear_cut.largest_body());
  s.key = our_key;
  BOOST_TEST(udp_options::of(s).max_sample == sealed_cut.largest_body());
}

BOOST_AUTO_TEST_CASE(the_bytes_of_a_part_in_the_clear_are_pinned) {
  wire_header h;
  h.run = 0x1122'3344'5566'7788;
  h.trace = 0x0001'0000'0000'0002;
  h.sequence = 9;
  h.intended_ns = 1000;
  h.sent_ns = 2000;
  h.route = 4;
  h.length = 5;
  h.link = 6;
  h.lane = 7;
  const auto body = std::as_bytes(std::span{"abcde", 5});
  // Checksum by an independent computation of CRC32C; then the header, then the second part, "de".
  BOOST_TEST(hex(in_the_clear(part_of(h, body, 1, 3))) == "f564d554"
                                                          "504e0158000000008877665544332211"
                                                          "02000000000001000900000000000000"
                                                          "e803000000000000d007000000000000"
                                                          "04000000000000000500000001000200"
                                                          "06000700000000000000000000000000"
                                                          "0000000000000000"
                                                          "6465");
}

BOOST_AUTO_TEST_CASE(the_bytes_of_a_greeting_are_pinned) {
  BOOST_TEST(hex(in_the_clear(content_of(question()))) == "03197285"
                                                          "5048010178050000"
                                                          "8877665544332211"
                                                          "0300000000000000");
}

BOOST_AUTO_TEST_CASE(a_wrong_or_missing_checksum_leaves_no_content) {
  auto datagram = in_the_clear(content_of(question()));
  BOOST_REQUIRE(checked_content(datagram));
  BOOST_TEST(same(*checked_content(datagram), content_of(question())));
  for (std::size_t i = 0; i < datagram.size(); ++i) {
    datagram[i] ^= std::byte{0x10};
    BOOST_TEST(!checked_content(datagram));
    datagram[i] ^= std::byte{0x10};
  }
  for (std::size_t size = 0; size < 4; ++size)
    BOOST_TEST(!checked_content(std::span(datagram).first(size)));
}

BOOST_AUTO_TEST_CASE(a_greeting_is_of_its_kind_run_and_version_or_none) {
  const auto read = [](const udp_greeting& g) {
    return read_greeting(content_of(g), greeting_kind::question, question().run).has_value();
  };
  BOOST_TEST(read(question()));
  auto g = question();
  g.kind = greeting_kind::answer;
  BOOST_TEST(!read(g));
  g = question();
  g.run += 1;
  BOOST_TEST(!read(g));
  g = question();
  g.version += 1;
  BOOST_TEST(!read(g));
  const auto whole = content_of(question());
  for (std::size_t size = 0; size < whole.size(); ++size)
    BOOST_TEST(
        !read_greeting(std::span(whole).first(size), greeting_kind::question, question().run));
}

BOOST_AUTO_TEST_CASE(frames_and_greetings_cannot_be_mistaken_for_each_other) {
  BOOST_TEST(is_greeting(content_of(question())));
  BOOST_TEST(!is_greeting(wire_bytes(wire_header{})));
  auto as_header = content_of(question());
  as_header.resize(sizeof(wire_header));
  BOOST_TEST(!read_part_header(as_header, 1000, question().run).ok());
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// Everything that may arrive at a receiving end of udp, without a socket.
#include "tests/transports/udp/udp_feed.hpp"
#include "tests/transports/udp/udp_world.hpp"
#include "transports/udp/udp_intake.hpp"

using namespace peernet;
using namespace peernet::contract;

namespace {

const std::string our_key(channel_key_bytes, 'k');
const std::string other_key(channel_key_bytes, 'o');

using answer = result<udp_intake::taken>;

/// An intake and who sends to it.
struct reception {
  explicit reception(std::string key = {})
      : sut({.key = key,
             .run = contract_run,
             .max_body = 10'000,
             .reassembly = std::chrono::milliseconds{100}}) {
    if (!key.empty())
      sealer.emplace(key);
  }

  [[nodiscard]] bytes wrapped(std::span<const std::byte> content) {
    return sealer ? sealed(*sealer, content) : in_the_clear(content);
  }
  answer take(const bytes& datagram) {
    auto b = buffer::acquire(datagram.size());
    std::ranges::copy(datagram, b.data());
    return sut.take(b, stamp_from_ns(now));
  }
  answer say(std::span<const std::byte> content) { return take(wrapped(content)); }
  answer say_frame(std::uint64_t number, std::size_t size) {
    return say(part_of(header_of(number, size), body_of(size, number).bytes(), 0, size + 1));
  }
  [[nodiscard]] std::uint64_t counted(std::string_view name) const {
    channel_report r;
    sut.count_into(r.counts);
    return contract::counted(r, name);
  }

  std::int64_t now = 0;
  std::optional<datagram_sealer> sealer;
  udp_intake sut;
};

bool nothing(const answer& a) {
  return a.ok() && !a->frame && a->answer.empty();
}
bool is(const answer& a, errc code) {
  return !a.ok() && a.error().code == code;
}
bool is_frame(const answer& a, std::uint64_t number, std::size_t size) {
  return a.ok() && a->frame && same(a->frame->header, wire_bytes(header_of(number, size))) &&
         same(a->frame->body, body_of(size, number).bytes());
}

udp_greeting question() {
  return {.kind = greeting_kind::question, .size = 1400, .run = contract_run, .number = 3};
}
bytes content_of(const udp_greeting& g, std::size_t filled_up_to = 0) {
  auto content = joined({std::as_bytes(std::span{&g, 1})});
  content.resize(std::max(content.size(), filled_up_to));
  return content;
}

const std::array<std::string, 2> clear_and_sealed{std::string{}, our_key};

} // namespace

BOOST_AUTO_TEST_SUITE(udp_intake_test)

BOOST_AUTO_TEST_CASE(a_frame_in_one_datagram_is_delivered_at_once) {
  for (const auto& key : clear_and_sealed) {
    reception r(key);
    for (const std::size_t size : {0u, 1u, 100u, 9000u})
      BOOST_TEST(is_frame(r.say_frame(size, size), size, size));
  }
}

BOOST_AUTO_TEST_CASE(a_frame_that_fills_its_buffer_keeps_it_and_a_small_one_does_not) {
  reception r;
  for (const std::size_t size : {100u, 1300u}) {
    const auto datagram =
        in_the_clear(part_of(header_of(1, size), body_of(size, 1).bytes(), 0, size));
    auto b = buffer::acquire(1400);
    std::ranges::copy(datagram, b.data());
    b.shrink(datagram.size());
    const auto* before = b.data();
    const auto a = r.sut.take(b, {});
    BOOST_REQUIRE(is_frame(a, 1, size));
    const bool lent = a->frame->header.data() == before + sizeof(std::uint32_t);
    BOOST_TEST(lent == (size == 1300));
    BOOST_TEST((b.capacity() == 0) == lent);
  }
}

BOOST_AUTO_TEST_CASE(parts_are_put_together) {
  for (const auto& key : clear_and_sealed) {
    reception r(key);
    const auto body = body_of(2500, 1);
    for (std::size_t i = 0; i < 2; ++i)
      BOOST_TEST(nothing(r.say(part_of(header_of(1, 2500), body.bytes(), 1 - i, 1000))));
    BOOST_TEST(is_frame(r.say(part_of(header_of(1, 2500), body.bytes(), 2, 1000)), 1, 2500));
  }
}

BOOST_AUTO_TEST_CASE(a_frame_level_checksum_passes_as_it_is) {
  reception r;
  auto h = header_of(1, 10);
  h.flags = wire_checksum | wire_warmup;
  h.checksum = 0xDEAD'BEEF;
  const auto a = r.say(part_of(h, body_of(10, 1).bytes(), 0, 10));
  BOOST_REQUIRE((a.ok() && a->frame));
  BOOST_TEST(same(a->frame->header, wire_bytes(h)));
}

BOOST_AUTO_TEST_CASE(random_bytes_cost_a_count) {
  for (const auto& key : clear_and_sealed) {
    reception r(key);
    random_source random(7);
    for (std::size_t size = 0; size < 2000; size += 7) {
      bytes noise(size);
      random.fill(noise);
      BOOST_REQUIRE(is(r.take(noise), key.empty() ? errc::corrupt : errc::refused));
    }
    BOOST_TEST(r.counted(key.empty() ? "corrupt" : "foreign") == 286u);
    BOOST_TEST(is_frame(r.say_frame(1, 100), 1, 100));
  }
}

BOOST_AUTO_TEST_CASE(random_contents_with_a_right_wrapping_cost_a_count) {
  for (const auto& key : clear_and_sealed) {
    reception r(key);
    random_source random(8);
    for (std::size_t size = 0; size < 2000; size += 7) {
      bytes noise(size);
      random.fill(noise);
      BOOST_REQUIRE(is(r.say(noise), errc::corrupt));
      if (size >= 2) { // as a greeting
        noise[0] = std::byte{'P'};
        noise[1] = std::byte{'H'};
        BOOST_REQUIRE(is(r.say(noise), errc::refused));
      }
    }
    BOOST_TEST(is_frame(r.say_frame(1, 100), 1, 100));
  }
}

BOOST_AUTO_TEST_CASE(a_datagram_cut_anywhere_is_no_frame) {
  for (const auto& key : clear_and_sealed) {
    reception r(key);
    const auto content = part_of(header_of(1, 50), body_of(50, 1).bytes(), 0, 50);
    const auto whole = r.wrapped(content);
    for (std::size_t size = 0; size < whole.size(); ++size)
      BOOST_REQUIRE(!r.take(bytes(whole.begin(), whole.begin() + static_cast<long>(size))).ok());
    // Cut before it was wrapped: the wrapping is right, and the frame is not.
    for (std::size_t size = 0; size < content.size(); ++size)
      BOOST_REQUIRE(is(r.say(std::span(content).first(size)), errc::corrupt));
  }
}

BOOST_AUTO_TEST_CASE(every_field_of_a_header_may_hold_anything) {
  for (const auto& key : clear_and_sealed) {
    reception r(key);
    random_source random(9);
    const auto body = body_of(200, 1);
    for (int i = 0; i < 20'000; ++i) {
      auto content =
          part_of(header_of(random.between(0, 3), 200), body.bytes(), random.between(0, 1), 100);
      content[random.between(0, sizeof(wire_header) - 1)] =
          static_cast<std::byte>(random.between(0, 255));
      const auto a = r.say(content);
      if (a.ok() && a->frame)
        BOOST_REQUIRE(a->frame->body.size() <= 10'000u);
      r.now += 100'000;
    }
    const auto fresh = body_of(200, 77);
    BOOST_TEST(nothing(r.say(part_of(header_of(77, 200), fresh.bytes(), 0, 100))));
    BOOST_TEST(is_frame(r.say(part_of(header_of(77, 200), fresh.bytes(), 1, 100)), 77, 200));
  }
}

BOOST_AUTO_TEST_CASE(frames_of_another_run_are_foreign_and_take_no_memory) {
  reception r;
  auto h = header_of(1, 2500);
  h.run += 1;
  const auto body = body_of(2500, 1);
  for (std::size_t i = 0; i < 3; ++i)
    BOOST_TEST(is(r.say(part_of(h, body.bytes(), i, 1000)), errc::refused));
  BOOST_TEST(r.counted("foreign") == 3u);
  r.sut.clear();
  BOOST_TEST(r.counted("incomplete") == 0u);
}

BOOST_AUTO_TEST_CASE(lengths_above_the_limit_or_beside_the_truth_are_corrupt) {
  reception r;
  const auto body = body_of(20'000, 1);
  BOOST_TEST(is(r.say(part_of(header_of(1, 10'001), body.bytes().first(10'001), 0, 20'000)),
                errc::corrupt));
  BOOST_TEST(is(r.say(part_of(header_of(1, 0xFFFF'FFFF), body.bytes(), 0, 100)), errc::corrupt));
  BOOST_TEST(is(r.say(part_of(header_of(1, 99), body.bytes().first(100), 0, 100)), errc::corrupt));
  BOOST_TEST(is(r.say(part_of(header_of(1, 101), body.bytes().first(100), 0, 100)), errc::corrupt));
}

BOOST_AUTO_TEST_CASE(nobody_without_the_key_is_heard) {
  reception r(our_key);
  datagram_sealer stranger(other_key);
  const auto content = part_of(header_of(1, 100), body_of(100, 1).bytes(), 0, 100);
  BOOST_TEST(is(r.take(sealed(stranger, content)), errc::refused));
  BOOST_TEST(is(r.take(in_the_clear(content)), errc::refused));
  BOOST_TEST(is(r.take(sealed(stranger, content_of(question()))), errc::refused));
  BOOST_TEST(is(r.take(in_the_clear(content_of(question()))), errc::refused));
  BOOST_TEST(r.counted("foreign") == 4u);
}

BOOST_AUTO_TEST_CASE(a_sealed_datagram_means_nothing_to_an_end_without_a_key) {
  reception r;
  datagram_sealer sealer(our_key);
  BOOST_TEST(is(r.take(sealed(sealer, part_of(header_of(1, 9), body_of(9, 1).bytes(), 0, 9))),
                errc::corrupt));
}

BOOST_AUTO_TEST_CASE(a_replayed_datagram_is_counted_and_delivers_nothing) {
  reception r(our_key);
  const auto frame = r.wrapped(part_of(header_of(1, 9), body_of(9, 1).bytes(), 0, 9));
  const auto hello = r.wrapped(content_of(question()));
  BOOST_TEST(is_frame(r.take(frame), 1, 9));
  BOOST_TEST(nothing(r.take(frame)));
  BOOST_TEST(!r.take(hello)->answer.empty());
  BOOST_TEST(nothing(r.take(hello)));
  BOOST_TEST(r.counted("replayed") == 2u);
}

BOOST_AUTO_TEST_CASE(a_greeting_is_answered_with_no_more_bytes_than_it_has) {
  for (const auto& key : clear_and_sealed) {
    reception r(key);
    for (const std::size_t size : {0u, 25u, 1000u}) {
      const auto datagram = r.wrapped(content_of(question(), size));
      const auto a = r.take(datagram);
      BOOST_REQUIRE(a.ok());
      BOOST_TEST(!a->frame);
      BOOST_TEST(a->answer.size() <= datagram.size());
      bytes said(a->answer.begin(), a->answer.end());
      BOOST_REQUIRE(
          (key.empty() ? checked_content(said).has_value() : r.sealer->open_answer(said)));
      const udp_cut around{.datagram = 0, .sealed = !key.empty()};
      const auto content = std::span(said).subspan(around.front(), sizeof(udp_greeting));
      const auto g = read_greeting(content, greeting_kind::answer, contract_run);
      BOOST_REQUIRE(g);
      BOOST_TEST(g->number == question().number);
      BOOST_TEST(g->size == datagram.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(an_answer_is_not_answered) {
  for (const auto& key : clear_and_sealed) {
    reception r(key);
    auto g = question();
    g.kind = greeting_kind::answer;
    BOOST_TEST(is(r.say(content_of(g)), errc::refused));
    const auto a = r.say(content_of(question()));
    BOOST_TEST(!r.take(bytes(a->answer.begin(), a->answer.end())).ok());
  }
}

BOOST_AUTO_TEST_CASE(strangers_greetings_are_not_answered) {
  reception r;
  auto g = question();
  g.run += 1;
  BOOST_TEST(is(r.say(content_of(g)), errc::refused));
}

BOOST_AUTO_TEST_CASE(a_row_of_mutated_datagrams_costs_no_more_than_counts) {
  random_source random(10);
  const auto body = body_of(1000, 1);
  for (int round = 0; round < 300; ++round) {
    bytes row;
    for (int i = 0; i < 20; ++i) {
      auto h = header_of(random.between(0, 2), 1000);
      h.run = 0;
      auto content = part_of(h, body.bytes(), random.between(0, 4), 200);
      for (auto changes = random.between(0, 3); changes > 0; --changes)
        content[random.between(0, content.size() - 1)] =
            static_cast<std::byte>(random.between(0, 255));
      const std::array prefix{static_cast<std::byte>(random.between(0, 255)),
                              static_cast<std::byte>(content.size() / 8)};
      row = joined({row, prefix, content});
    }
    feed_udp(row);
  }
}

BOOST_AUTO_TEST_CASE(a_flood_of_announcements_leaves_room_for_whoever_is_whole) {
  reception r;
  const auto body = body_of(10'000, 1);
  for (std::uint64_t n = 100; n < 10'000; ++n)
    BOOST_REQUIRE(nothing(r.say(part_of(header_of(n, 10'000), body.bytes(), 0, 100))));
  BOOST_TEST(is_frame(r.say_frame(1, 9000), 1, 9000));
  const auto small = body_of(200, 2);
  BOOST_TEST(nothing(r.say(part_of(header_of(2, 200), small.bytes(), 0, 100))));
  BOOST_TEST(is_frame(r.say(part_of(header_of(2, 200), small.bytes(), 1, 100)), 2, 200));
}

BOOST_AUTO_TEST_SUITE_END()

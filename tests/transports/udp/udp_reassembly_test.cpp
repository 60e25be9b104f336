// SPDX-License-Identifier: MIT
#include "tests/transports/udp/udp_world.hpp"
#include "transports/udp/udp_reassembly.hpp"

#include <numeric>

using namespace peernet;
using namespace peernet::contract;

namespace {

constexpr std::size_t part = 100;
constexpr duration patience{1000};
constexpr udp_reassembly::limits usual{.max_body = 10'000, .memory = 1 << 20, .patience = patience};

/// A frame and its parts.
struct cut_frame {
  cut_frame(std::uint64_t n, std::size_t s, std::size_t p = part)
      : number(n), size(s), cut(p), body(body_of(s, n)) {}

  [[nodiscard]] std::size_t parts() const { return (size + cut - 1) / cut; }
  [[nodiscard]] bytes content(std::size_t i) const {
    return part_of(header_of(number, size), body.bytes(), i, cut);
  }

  const std::uint64_t number;
  const std::size_t size, cut;
  const payload body;
};

using answer = result<std::optional<whole_frame>>;

answer put(udp_reassembly& sut, const bytes& content, std::int64_t now = 0) {
  wire_header h;
  std::memcpy(&h, content.data(), sizeof h);
  return sut.put(h, std::span(content).subspan(sizeof h), stamp_from_ns(now));
}
answer put(udp_reassembly& sut, const cut_frame& f, std::size_t i, std::int64_t now = 0) {
  return put(sut, f.content(i), now);
}

bool nothing_yet(const answer& a) {
  return a.ok() && !a->has_value();
}
bool corrupt(const answer& a) {
  return !a.ok() && a.error().code == errc::corrupt;
}
bool is_whole(const answer& a, const cut_frame& f) {
  return a.ok() && a->has_value() && same((*a)->header, wire_bytes(header_of(f.number, f.size))) &&
         same((*a)->body, f.body.bytes());
}

std::uint64_t count(const std::atomic<std::uint64_t>& c) {
  return c.load();
}

} // namespace

BOOST_AUTO_TEST_SUITE(udp_reassembly_test)

BOOST_AUTO_TEST_CASE(parts_make_a_frame_in_every_order) {
  udp_reassembly sut(usual);
  std::vector<std::size_t> order(5);
  std::iota(order.begin(), order.end(), 0);
  std::uint64_t number = 0;
  do {
    for (const std::size_t size : {401u, 450u, 500u}) {
      const cut_frame f(number++, size);
      for (std::size_t i = 0; i + 1 < order.size(); ++i)
        BOOST_REQUIRE(nothing_yet(put(sut, f, order[i])));
      BOOST_REQUIRE(is_whole(put(sut, f, order.back()), f));
    }
  } while (std::next_permutation(order.begin(), order.end()));
  BOOST_TEST(sut.held() == 0u);
  BOOST_TEST(count(sut.counted().incomplete) == 0u);
}

BOOST_AUTO_TEST_CASE(several_frames_grow_at_once_and_come_as_they_complete) {
  udp_reassembly sut(usual);
  std::vector<cut_frame> frames;
  for (std::uint64_t n = 0; n < 10; ++n)
    frames.emplace_back(n, 301 + n);
  for (std::size_t i = 0; i < 3; ++i)
    for (const auto& f : frames)
      BOOST_TEST(nothing_yet(put(sut, f, i)));
  for (auto f = frames.rbegin(); f != frames.rend(); ++f)
    BOOST_TEST(is_whole(put(sut, *f, 3), *f));
}

BOOST_AUTO_TEST_CASE(lanes_with_equal_numbers_are_told_apart) {
  udp_reassembly sut(usual);
  const auto body = body_of(250, 1), other = body_of(250, 2);
  auto h = header_of(1, 250);
  BOOST_TEST(nothing_yet(put(sut, part_of(h, body.bytes(), 0, part))));
  h.lane = 1;
  for (std::size_t i = 0; i < 2; ++i)
    BOOST_TEST(nothing_yet(put(sut, part_of(h, other.bytes(), i, part))));
  const auto whole = put(sut, part_of(h, other.bytes(), 2, part));
  BOOST_REQUIRE((whole.ok() && whole->has_value()));
  BOOST_TEST(same((*whole)->body, other.bytes()));
}

BOOST_AUTO_TEST_CASE(a_part_that_comes_twice_is_counted_and_changes_nothing) {
  udp_reassembly sut(usual);
  const cut_frame f(1, 250);
  BOOST_TEST(nothing_yet(put(sut, f, 0)));
  BOOST_TEST(nothing_yet(put(sut, f, 0)));
  BOOST_TEST(nothing_yet(put(sut, f, 2)));
  BOOST_TEST(nothing_yet(put(sut, f, 2)));
  BOOST_TEST(is_whole(put(sut, f, 1), f));
  BOOST_TEST(count(sut.counted().repeated) == 2u);
}

BOOST_AUTO_TEST_CASE(a_frame_that_never_completes_gives_its_memory_back_and_is_counted) {
  udp_reassembly sut(usual);
  const cut_frame f(1, 250);
  BOOST_TEST(nothing_yet(put(sut, f, 0, 5)));
  BOOST_TEST(sut.held() > 250u);
  sut.expire(stamp_from_ns(5) + patience - duration{1});
  BOOST_TEST(count(sut.counted().incomplete) == 0u);
  sut.expire(stamp_from_ns(5) + patience);
  BOOST_TEST(count(sut.counted().incomplete) == 1u);
  BOOST_TEST(sut.held() == 0u);
}

BOOST_AUTO_TEST_CASE(the_next_part_of_anything_ends_what_is_overdue) {
  udp_reassembly sut(usual);
  const cut_frame old(1, 250), young(2, 250);
  BOOST_TEST(nothing_yet(put(sut, old, 0, 0)));
  BOOST_TEST(nothing_yet(put(sut, young, 0, to_ns(patience))));
  BOOST_TEST(count(sut.counted().incomplete) == 1u);
}

BOOST_AUTO_TEST_CASE(what_comes_after_that_is_late_and_opens_nothing) {
  udp_reassembly sut(usual);
  const cut_frame f(1, 250);
  BOOST_TEST(nothing_yet(put(sut, f, 0)));
  sut.clear();
  BOOST_TEST(nothing_yet(put(sut, f, 1)));
  BOOST_TEST(nothing_yet(put(sut, f, 2)));
  BOOST_TEST(nothing_yet(put(sut, f, 0)));
  BOOST_TEST(count(sut.counted().late) == 3u);
  BOOST_TEST(sut.held() == 0u);
}

BOOST_AUTO_TEST_CASE(stray_copies_of_a_whole_frames_parts_are_no_incomplete_frame) {
  udp_reassembly sut(usual);
  const cut_frame f(1, 250);
  for (std::size_t i = 0; i < 3; ++i)
    (void)put(sut, f, i);
  BOOST_TEST(nothing_yet(put(sut, f, 0)));
  BOOST_TEST(nothing_yet(put(sut, f, 1)));
  sut.clear();
  BOOST_TEST(count(sut.counted().incomplete) == 0u);
  BOOST_TEST(count(sut.counted().repeated) == 2u);
}

BOOST_AUTO_TEST_CASE(a_frame_that_comes_twice_in_full_is_delivered_twice_for_the_link_to_count) {
  udp_reassembly sut(usual);
  const cut_frame f(1, 250);
  for (int copy = 0; copy < 2; ++copy) {
    BOOST_TEST(nothing_yet(put(sut, f, 0)));
    BOOST_TEST(nothing_yet(put(sut, f, 1)));
    BOOST_TEST(is_whole(put(sut, f, 2), f));
  }
  BOOST_TEST(count(sut.counted().repeated) == 0u);
}

BOOST_AUTO_TEST_CASE(impossible_parts_are_corrupt_and_take_no_memory) {
  udp_reassembly sut(usual);
  const auto body = body_of(250, 1);
  const auto with = [&](std::uint32_t length, std::uint16_t fragment, std::uint16_t fragments,
                        std::size_t size) {
    auto h = header_of(1, length);
    h.fragment = fragment;
    h.fragments = fragments;
    return sut.put(h, body.bytes().first(size), stamp_from_ns(0));
  };
  BOOST_TEST(corrupt(with(250, 0, 3, 0)));        // no bytes
  BOOST_TEST(corrupt(with(250, 2, 3, 0)));        // the last one neither
  BOOST_TEST(corrupt(with(200, 0, 3, 100)));      // two parts would do
  BOOST_TEST(corrupt(with(250, 0, 2, 100)));      // two parts do not do
  BOOST_TEST(corrupt(with(250, 2, 3, 100)));      // then the first two are 75 each: smaller
  BOOST_TEST(corrupt(with(250, 2, 3, 49)));       // then the first two are 100.5 each
  BOOST_TEST(corrupt(with(100, 1, 3, 101)));      // longer than the whole
  BOOST_TEST(corrupt(with(0, 1, 3, 10)));         // of nothing
  BOOST_TEST(corrupt(with(10'001, 0, 101, 100))); // above the limit
  BOOST_TEST(corrupt(with(0xFFFF'FFFF, 0, 0xFFFF, 100)));
  BOOST_TEST(sut.held() == 0u);
}

BOOST_AUTO_TEST_CASE(parts_that_disagree_on_their_frame_are_corrupt_and_harm_it_not) {
  udp_reassembly sut(usual);
  const cut_frame f(1, 250);
  BOOST_TEST(nothing_yet(put(sut, f, 0)));
  BOOST_TEST(corrupt(put(sut, cut_frame(1, 250, 50), 1)));  // other cut, overlapping
  BOOST_TEST(corrupt(put(sut, cut_frame(1, 250, 125), 1))); // fewer parts
  BOOST_TEST(corrupt(put(sut, cut_frame(1, 260), 1)));      // other length
  auto other = header_of(1, 250);
  other.sent_ns = 77;
  BOOST_TEST(corrupt(put(sut, part_of(other, f.body.bytes(), 1, part))));
  BOOST_TEST(nothing_yet(put(sut, f, 1)));
  BOOST_TEST(is_whole(put(sut, f, 2), f));
}

BOOST_AUTO_TEST_CASE(the_memory_of_announced_frames_is_bounded_and_the_oldest_gives_way) {
  constexpr std::size_t memory = 40'000;
  udp_reassembly sut({.max_body = 10'000, .memory = memory, .patience = patience});
  for (std::uint64_t n = 0; n < 1000; ++n) {
    BOOST_REQUIRE(nothing_yet(put(sut, cut_frame(n, 10'000), 0, static_cast<std::int64_t>(n) / 2)));
    BOOST_REQUIRE(sut.held() <= memory);
  }
  const auto given_up = count(sut.counted().incomplete);
  BOOST_TEST(given_up >= 997u - 1);
  // The last one is still there, the first is not.
  const cut_frame last(999, 10'000);
  for (std::size_t i = 1; i + 1 < last.parts(); ++i)
    BOOST_REQUIRE(nothing_yet(put(sut, last, i, 500)));
  BOOST_TEST(is_whole(put(sut, last, last.parts() - 1, 500), last));
}

BOOST_AUTO_TEST_CASE(the_number_of_announced_frames_is_bounded_and_copies_give_way_first) {
  udp_reassembly sut(usual);
  const cut_frame done(0, 250);
  for (std::size_t i = 0; i < 3; ++i)
    (void)put(sut, done, i);
  for (std::uint64_t n = 1; n < udp_reassembly::most_frames; ++n)
    BOOST_TEST(nothing_yet(put(sut, cut_frame(n, 250), 0, 1)));
  BOOST_TEST(nothing_yet(put(sut, done, 0, 2))); // takes the last place, and is the youngest
  BOOST_TEST(nothing_yet(put(sut, cut_frame(1000, 250), 0, 3)));
  BOOST_TEST(count(sut.counted().repeated) == 1u);
  BOOST_TEST(count(sut.counted().incomplete) == 0u);
  BOOST_TEST(nothing_yet(put(sut, cut_frame(1001, 250), 0, 4)));
  BOOST_TEST(count(sut.counted().incomplete) == 1u);
}

BOOST_AUTO_TEST_CASE(a_single_frame_may_be_as_large_as_the_limit_whatever_the_memory) {
  udp_reassembly sut({.max_body = 10'000, .memory = 1, .patience = patience});
  const cut_frame f(1, 10'000);
  for (std::size_t i = 0; i + 1 < f.parts(); ++i)
    BOOST_REQUIRE(nothing_yet(put(sut, f, i)));
  BOOST_TEST(is_whole(put(sut, f, f.parts() - 1), f));
}

BOOST_AUTO_TEST_SUITE_END()

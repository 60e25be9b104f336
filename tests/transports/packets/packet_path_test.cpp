// SPDX-License-Identifier: MIT
#include "transports/packets/packet_path.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstring>
#include <set>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

constexpr stamp begin{1s};
constexpr std::size_t packet_bytes = 1000;

impairment with(const std::function<void(impairment&)>& change) {
  impairment i{.level = impair_level::packet};
  change(i);
  return i;
}

/// A path and a clock that the test moves.
struct rig {
  explicit rig(const impairment& what, std::uint64_t seed = 1)
      : sut({.what = what, .reliable = false, .seed = seed, .trace = {}}, "up", 0) {}

  /// Sends a packet whose bytes all are `mark`.
  void send(std::uint8_t mark, bool probe = false, std::size_t bytes = packet_bytes) {
    std::ranges::fill(sut.room().first(bytes), std::byte{mark});
    sut.enter(bytes, now, probe);
  }

  /// Lets out what is due; the packets' first bytes.
  std::vector<int> let_out() {
    std::vector<int> marks;
    for (auto due = sut.next_due(); due && *due <= now; due = sut.next_due()) {
      marks.push_back(std::to_integer<int>(sut.next().front()));
      sut.pop(true, now);
    }
    return marks;
  }

  /// Which of `count` packets come out at all, by number.
  std::vector<std::size_t> survivors(std::size_t count) {
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < count; ++i) {
      const auto before = sut.counts().delivered;
      send(1);
      (void)let_out();
      if (sut.counts().delivered > before)
        numbers.push_back(i);
    }
    return numbers;
  }

  stamp now = begin;
  packet_path sut;
};

} // namespace

BOOST_AUTO_TEST_SUITE(packet_path_test)

BOOST_AUTO_TEST_CASE(nothing_is_due_when_nothing_is_under_way) {
  rig r({});
  BOOST_TEST(!r.sut.next_due().has_value());
}

BOOST_AUTO_TEST_CASE(a_packet_comes_out_whole_at_its_time_and_not_before) {
  rig r(with([](auto& i) { i.delay = 20ms; }));
  r.send(7);
  BOOST_REQUIRE(r.sut.next_due().has_value());
  BOOST_TEST((*r.sut.next_due() == begin + 20ms));
  r.now += 20ms - 1ns;
  BOOST_TEST(r.let_out().empty());
  r.now += 1ns;
  const auto packet = r.sut.next();
  BOOST_TEST(packet.size() == packet_bytes);
  BOOST_TEST(std::ranges::all_of(packet, [](std::byte b) { return b == std::byte{7}; }));
  BOOST_TEST(r.let_out() == std::vector{7}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(equal_seeds_draw_equal_fates_for_equal_numbers_and_others_do_not) {
  const auto lossy = with([](auto& i) { i.loss = 0.3; });
  const auto first = rig(lossy, 5).survivors(200);
  BOOST_TEST(first == rig(lossy, 5).survivors(200), boost::test_tools::per_element());
  BOOST_TEST((first != rig(lossy, 6).survivors(200)));
}

BOOST_AUTO_TEST_CASE(what_entered_is_delivered_or_lost_and_bursts_are_counted) {
  rig r(with([](auto& i) { i.bursts = burst_loss{.enter = 0.05, .leave = 0.25, .loss_in = 1}; }));
  const auto through = r.survivors(2000).size();
  const auto c = r.sut.counts();
  BOOST_TEST(c.entered == 2000u);
  BOOST_TEST(c.delivered == through);
  BOOST_TEST(c.fates.lost == 2000 - through);
  BOOST_TEST(c.fates.bursts > 40u); // 2000 packets, a cycle has 20 + 4 in the mean
  BOOST_TEST(c.fates.bursts < 150u);
}

BOOST_AUTO_TEST_CASE(a_copy_follows_its_packet_and_is_never_damaged) {
  rig r(with([](auto& i) { i.duplicate = i.corrupt = 1; }));
  r.send(0);
  BOOST_TEST(std::ranges::count(r.sut.next(), std::byte{0}) == packet_bytes - 1);
  r.sut.pop(true, r.now);
  BOOST_TEST(std::ranges::count(r.sut.next(), std::byte{0}) == packet_bytes);
  r.sut.pop(true, r.now);
  BOOST_TEST(!r.sut.next_due().has_value());
  const auto c = r.sut.counts();
  BOOST_TEST(c.fates.duplicated == 1u);
  BOOST_TEST(c.fates.corrupted == 1u);
  BOOST_TEST(c.delivered == 2u);
}

BOOST_AUTO_TEST_CASE(a_reordered_packet_is_overtaken) {
  rig r(with([](auto& i) {
    i.reorder = 0.5;
    i.reorder_by = 10ms;
  }));
  for (std::uint8_t mark = 0; mark < 20; ++mark)
    r.send(mark);
  r.now += 10ms;
  const auto order = r.let_out();
  BOOST_TEST(order.size() == 20u);
  BOOST_TEST(!std::ranges::is_sorted(order));
  BOOST_TEST(std::set(order.begin(), order.end()).size() == 20u);
}

BOOST_AUTO_TEST_CASE(a_full_bottleneck_drops) {
  rig r(with([](auto& i) {
    i.rate = 8e6; // 1 ms a packet
    i.buffer = 4 * packet_bytes;
  }));
  for (std::uint8_t mark = 0; mark < 10; ++mark)
    r.send(mark);
  r.now += 1s;
  BOOST_TEST(r.let_out() == (std::vector{0, 1, 2, 3}), boost::test_tools::per_element());
  BOOST_TEST(r.sut.counts().fates.overflowed == 6u);
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_and_what_does_not_fit_is_counted) {
  rig r(with([](auto& i) { i.delay = 1h; }));
  for (std::size_t i = 0; i < packet_path::most_under_way + 3; ++i)
    r.send(1, false, 20);
  BOOST_TEST(r.sut.counts().crowded == 3u);
  r.now += 1h;
  BOOST_TEST(r.let_out().size() == packet_path::most_under_way);
  r.send(9); // there is room again
  r.now += 1h;
  BOOST_TEST(r.let_out() == std::vector{9}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(probes_meet_the_same_and_are_counted_apart) {
  rig r(with([](auto& i) { i.loss = 0.5; }));
  for (int i = 0; i < 200; ++i)
    r.send(1, i % 2 == 0);
  const auto c = r.sut.counts();
  BOOST_TEST(c.entered == 200u);
  BOOST_TEST(c.probes == 100u);
  BOOST_TEST(c.probes_lost > 20u);
  BOOST_TEST(c.probes_lost < c.fates.lost);
}

BOOST_AUTO_TEST_CASE(what_nobody_took_is_refused_and_lateness_is_kept) {
  rig r(with([](auto& i) { i.delay = 1ms; }));
  r.send(1);
  r.now += 1ms + 50us;
  r.sut.pop(false, r.now);
  const auto c = r.sut.counts();
  BOOST_TEST(c.refused == 1u);
  BOOST_TEST(c.delivered == 0u);
  BOOST_TEST(c.late.most() == 50'000u);
  BOOST_TEST(c.planned.most() == 1'000'000u);
}

BOOST_AUTO_TEST_CASE(what_is_lost_was_never_meant_to_be_held) {
  rig r(with([](auto& i) {
    i.delay = 1ms;
    i.loss = 1;
  }));
  r.send(1);
  BOOST_TEST(r.sut.counts().planned.count() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

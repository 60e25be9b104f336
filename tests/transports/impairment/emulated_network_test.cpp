// SPDX-License-Identifier: MIT
// The test is the clock.
#include "transports/impairment/emulated_network.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <vector>

using namespace peernet;
using namespace std::chrono_literals;
using kind = passage::kind;

namespace {

constexpr stamp start = stamp_from_ns(5'000'000'000'000);

emulated_network lossy(impairment what, std::optional<network_trace> trace = {}) {
  return {{.what = what, .reliable = false, .trace = std::move(trace)}, "uplink", 0};
}
emulated_network reliable(impairment what) {
  return {{.what = what, .reliable = true}, "uplink", 0};
}

} // namespace

BOOST_AUTO_TEST_SUITE(emulated_network_test)

BOOST_AUTO_TEST_CASE(a_delay_is_met_to_the_nanosecond_and_numbers_have_no_gaps) {
  auto sut = lossy({.delay = 20ms});
  for (std::uint64_t n = 0; n < 10; ++n) {
    const auto now = start + n * 3ms;
    const auto p = sut.enter(1'000'000, now);
    BOOST_TEST((p.how == kind::carried && p.sequence == n && p.due == now + 20ms));
    BOOST_TEST((!p.duplicated && !p.corrupted));
  }
}

BOOST_AUTO_TEST_CASE(jitter_spreads_delays_and_never_takes_them_below_zero) {
  auto sut = lossy({.delay = 10ms, .jitter = 8ms});
  bool shorter = false, longer = false, overtaken = false;
  stamp last = stamp::min();
  for (int n = 0; n < 1000; ++n) {
    const auto p = sut.enter(100, start);
    BOOST_REQUIRE((p.due >= start));
    shorter = shorter || p.due < start + 4ms;
    longer = longer || p.due > start + 16ms;
    overtaken = overtaken || p.due < last;
    last = p.due;
  }
  BOOST_TEST((shorter && longer && overtaken));
}

BOOST_AUTO_TEST_CASE(where_order_is_kept_nothing_overtakes) {
  const impairment jittery{.delay = 10ms, .jitter = 8ms};
  auto ordered = jittery;
  ordered.keep_order = true;
  for (auto sut : {reliable(jittery), lossy(ordered)}) {
    stamp last = stamp::min();
    for (int n = 0; n < 1000; ++n) {
      const auto now = start + n * 1ms;
      const auto p = sut.enter(100, now);
      BOOST_REQUIRE((p.due >= last && p.due >= now));
      last = p.due;
    }
  }
}

BOOST_AUTO_TEST_CASE(a_reordered_frame_is_late_by_the_stated_time_and_holds_nobody_up) {
  auto sut = lossy({.delay = 5ms, .reorder = 0.2, .reorder_by = 30ms, .keep_order = true});
  std::uint64_t late = 0;
  for (int n = 0; n < 1000; ++n) {
    const auto now = start + n * 1ms;
    const auto p = sut.enter(100, now);
    const auto is_late = p.due == now + 35ms;
    BOOST_REQUIRE((is_late || p.due == now + 5ms));
    late += is_late;
  }
  BOOST_TEST((late > 100 && late < 300 && sut.counts().reordered == late));
}

BOOST_AUTO_TEST_CASE(the_bottleneck_lets_one_after_the_other_through) {
  auto sut = lossy({.delay = 1ms, .rate = 8e6, .buffer = 10'000}); // 1 byte a microsecond
  BOOST_TEST((sut.enter(1000, start).due == start + 1ms + 1ms));
  BOOST_TEST((sut.enter(500, start + 100us).due == start + 1500us + 1ms));
  BOOST_TEST((sut.enter(100, start + 1400us).due == start + 1600us + 1ms));
  BOOST_TEST((sut.enter(100, start + 2ms).due == start + 2100us + 1ms)); // it was idle before
}

BOOST_AUTO_TEST_CASE(what_finds_the_buffer_full_is_lost_there) {
  auto sut = lossy({.rate = 8e6, .buffer = 2500});
  for (int n = 0; n < 2; ++n)
    BOOST_TEST((sut.enter(1000, start).how == kind::carried));
  const auto third = sut.enter(1000, start);
  BOOST_TEST((third.how == kind::overflowed && third.sequence == 2)); // it has a number
  BOOST_TEST((sut.enter(500, start).how == kind::carried));           // a smaller one fits
  BOOST_TEST((sut.enter(1000, start + 999us).how == kind::overflowed));
  BOOST_TEST((sut.enter(1000, start + 1000us).how == kind::carried));
  BOOST_TEST(sut.counts().overflowed == 2u);
  BOOST_TEST(sut.counts().lost == 0u);
}

BOOST_AUTO_TEST_CASE(an_empty_bottleneck_takes_a_frame_of_any_size) {
  auto sut = lossy({.rate = 8e6, .buffer = 100});
  BOOST_TEST((sut.enter(5000, start).due == start + 5ms));
  BOOST_TEST((sut.enter(5000, start + 4999us).how == kind::overflowed));
  BOOST_TEST((sut.enter(5000, start + 5ms).due == start + 10ms));
}

BOOST_AUTO_TEST_CASE(a_reliable_channel_is_pushed_back_and_told_until_when) {
  auto sut = reliable({.rate = 8e6, .buffer = 2500});
  for (std::uint64_t n = 0; n < 2; ++n)
    BOOST_TEST(sut.enter(1000, start).sequence == n);
  const auto refused = sut.enter(1000, start);
  BOOST_TEST((refused.how == kind::no_room && refused.due == start + 500us));
  BOOST_TEST((sut.enter(1000, refused.due - 1ns).how == kind::no_room));
  const auto taken = sut.enter(1000, refused.due);
  BOOST_TEST((taken.how == kind::carried && taken.sequence == 2)); // a refusal takes no number
  BOOST_TEST((sut.enter(9000, refused.due).due == taken.due));     // until it is empty
  BOOST_TEST(sut.counts().overflowed == 0u);
}

BOOST_AUTO_TEST_CASE(fates_hang_on_the_number_and_not_on_time_or_refusals) {
  const impairment what{.loss = 0.2, .duplicate = 0.1, .corrupt = 0.1};
  auto slow = lossy(what), fast = lossy(what);
  std::uint64_t lost = 0;
  for (int n = 0; n < 1000; ++n) {
    const auto a = slow.enter(1000, start + n * 7ms), b = fast.enter(10, start + n * 13us);
    BOOST_REQUIRE((a.how == b.how && a.sequence == b.sequence && a.duplicated == b.duplicated &&
                   a.corrupted == b.corrupted && a.bit == b.bit));
    lost += a.how == kind::lost;
  }
  BOOST_TEST(slow.counts().lost == lost);
  BOOST_TEST((lost > 130 && lost < 270));
  BOOST_TEST((slow.counts().duplicated > 0 && slow.counts().corrupted > 0));

  const impairment jittery{.delay = 50ms, .jitter = 5ms, .rate = 8e6, .buffer = 1000};
  auto pressed = reliable(jittery), at_ease = reliable(jittery);
  (void)pressed.enter(1000, start);
  BOOST_TEST((pressed.enter(1000, start).how == kind::no_room));
  (void)at_ease.enter(1000, start);
  const auto later = start + 1s;
  BOOST_TEST((pressed.enter(1000, later).due == at_ease.enter(1000, later).due));
}

BOOST_AUTO_TEST_CASE(a_lost_frame_takes_no_room_at_the_bottleneck) {
  auto sut = lossy({.loss = 1, .rate = 8e6, .buffer = 1000});
  for (int n = 0; n < 100; ++n)
    BOOST_TEST((sut.enter(1000, start).how == kind::lost));
  BOOST_TEST(sut.counts().lost == 100u);
}

BOOST_AUTO_TEST_CASE(a_trace_begins_with_the_first_frame_and_goes_before_the_keys) {
  const auto trace = network_trace::parse("time_s,delay_ms,loss_percent,rate_kbit\n"
                                          "0,10,0,8000\n1,20,100,8000\n2,30,0,80000\n3,,,\n");
  BOOST_REQUIRE(trace.ok());
  auto sut = lossy({.delay = 500ms, .loss = 1, .rate = 1, .buffer = 100'000}, *trace);
  BOOST_TEST((sut.enter(1000, start).due == start + 1ms + 10ms));
  BOOST_TEST((sut.enter(1000, start + 1s).how == kind::lost));
  BOOST_TEST((sut.enter(1000, start + 2s).due == start + 2s + 100us + 30ms));
  BOOST_TEST((sut.enter(1000, start + 3s).due == start + 3s + 1ms + 10ms)); // once more
  auto some = lossy({.delay = 5ms}, *network_trace::parse("time_s,loss_percent\n0,0\n1,\n"));
  BOOST_TEST((some.enter(1000, start).due == start + 5ms)); // what it has no column for stays
}

BOOST_AUTO_TEST_CASE(the_longest_tail_of_the_longest_jitter_fits_a_stamp) {
  auto sut = lossy({.delay = 24h, .jitter = 24h, .distribution = delay_shape::pareto});
  for (int n = 0; n < 100'000; ++n)
    BOOST_REQUIRE((sut.enter(1, start).due >= start));
}

BOOST_AUTO_TEST_CASE(bursts_are_counted_when_they_begin) {
  auto sut = lossy({.bursts = burst_loss{.enter = 1, .leave = 1, .loss_in = 0}}); // every second
  for (int i = 0; i < 10; ++i)
    (void)sut.enter(100, start + i * 1ms);
  BOOST_TEST(sut.counts().bursts == 5u);
  BOOST_TEST(sut.counts().lost == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

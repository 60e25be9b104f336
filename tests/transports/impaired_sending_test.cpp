// SPDX-License-Identifier: MIT
#include "tests/transports/sending_lane.hpp"
#include "transports/impairment/fate.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <bit>
#include <future>
#include <map>
#include <set>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

using numbers = std::vector<std::uint64_t>;

/// An impaired lane: "uplink", number 2, seed 1.
struct impaired_lane : sending_lane {
  explicit impaired_lane(impairment what, bool reliable = false,
                         queue_config queue = {.size = 1000})
      : sending_lane(queue, 0, emulation{.what = what, .reliable = reliable}) {}

  void finish() { sut->finish(clock::machine_now() + test_deadline); }
  [[nodiscard]] std::uint64_t count(std::string_view name) const {
    const auto report = sut->channel_counts();
    const auto it = std::ranges::find(report.counts, name, &channel_count::name);
    BOOST_REQUIRE(it != report.counts.end());
    return it->count;
  }
};

template <class Of>
std::set<std::uint64_t> traces(const std::vector<record>& all, Of what) {
  std::set<std::uint64_t> found;
  for (const auto& r : only(all, what))
    BOOST_REQUIRE(found.insert(trace_id(r.trace).seq()).second);
  return found;
}

} // namespace

BOOST_AUTO_TEST_SUITE(impaired_sending_test)

BOOST_AUTO_TEST_CASE(what_is_held_back_is_a_step_that_ends_where_the_way_begins) {
  impaired_lane l({.delay = 3ms, .jitter = 1ms});
  l.channel->make_room(fake_outgoing::endless);
  const auto before = l.node.clock.now();
  for (std::uint64_t n = 0; n < 20; ++n)
    l.send(n);
  const auto handed = l.node.clock.now();
  l.finish();
  const auto all = l.node.recorded();
  const auto held = only(all, step::emulate), sent = only(all, record_kind::sent),
             planned = only(all, record_kind::value, sending_lane::planned_delay);
  BOOST_REQUIRE((held.size() == 20 && sent.size() == 20 && planned.size() == 20));
  BOOST_TEST(only(all, step::send_queue).empty());
  std::map<std::uint64_t, std::int64_t> sent_ns;
  for (const auto& f : l.channel->frames()) {
    sent_ns[f.header.trace] = f.header.sent_ns;
    BOOST_TEST((f.by != std::this_thread::get_id()));
  }
  for (std::size_t i = 0; i < held.size(); ++i) {
    BOOST_TEST((held[i].begin_ns >= to_ns(before) && held[i].begin_ns <= to_ns(handed)));
    BOOST_TEST((held[i].end_ns == sent[i].begin_ns && held[i].trace == sent[i].trace));
    BOOST_TEST(held[i].end_ns == sent_ns.at(held[i].trace)); // stamped when it really goes
    BOOST_TEST((held[i].route == sending_lane::route && held[i].copy == sending_lane::number));
    const auto ns = std::bit_cast<double>(planned[i].amount);
    BOOST_TEST((ns >= 0 && ns < 13e6));
    BOOST_TEST(static_cast<double>(held[i].end_ns - held[i].begin_ns) >= ns);
  }
}

BOOST_AUTO_TEST_CASE(numbers_are_given_at_the_entrance_and_order_is_lost_behind_it) {
  impaired_lane l({.delay = 20ms, .jitter = 10ms});
  l.channel->make_room(fake_outgoing::endless);
  for (std::uint64_t n = 0; n < 200; ++n)
    l.send(n);
  l.finish();
  const auto arrived = l.arrived();
  BOOST_TEST(!std::ranges::is_sorted(arrived));
  for (const auto& f : l.channel->frames())
    BOOST_TEST(f.header.sequence == trace_id(f.header.trace).seq());
  BOOST_TEST((std::set<std::uint64_t>(arrived.begin(), arrived.end()).size() == 200u));
}

BOOST_AUTO_TEST_CASE(a_reliable_channel_keeps_its_order_whatever_the_jitter) {
  impaired_lane l({.delay = 5ms, .jitter = 5ms, .distribution = delay_shape::pareto}, true);
  l.channel->make_room(fake_outgoing::endless);
  for (std::uint64_t n = 0; n < 200; ++n)
    l.send(n);
  l.finish();
  BOOST_TEST(l.arrived().size() == 200u);
  BOOST_TEST(std::ranges::is_sorted(l.arrived()));
  BOOST_TEST(l.sut->counters().sent == 200u);
}

BOOST_AUTO_TEST_CASE(every_sample_has_one_end_and_the_counts_say_by_whom) {
  const impairment what{.delay = 1ms,
                        .jitter = 1ms,
                        .loss = 0.1,
                        .bursts = burst_loss{0.02, 0.3, 1},
                        .duplicate = 0.1,
                        .reorder = 0.1,
                        .reorder_by = 1ms,
                        .corrupt = 0.1};
  impaired_lane l(what);
  l.channel->make_room(fake_outgoing::endless);
  constexpr std::uint64_t many = 3000;
  fate_source fates(what, 1, "uplink", sending_lane::number);
  std::uint64_t lost = 0, duplicated = 0, corrupted = 0, whole = 0;
  std::set<std::uint64_t> reach; // frames of which a whole one goes out
  for (std::uint64_t n = 0; n < many; ++n) {
    l.send(n);
    const auto f = fates.next();
    lost += f.lost;
    duplicated += !f.lost && f.duplicated;
    corrupted += !f.lost && f.corrupted;
    whole += !f.lost && !f.corrupted;
    if (!f.lost && (!f.corrupted || f.duplicated))
      reach.insert(n);
  }
  l.finish();
  const auto frames = l.channel->frames();
  const auto& c = l.sut->counters();
  BOOST_TEST((lost > 0 && duplicated > 0 && corrupted > 0));
  BOOST_TEST(c.sent == many); // each has a number, also what is lost
  BOOST_TEST(frames.size() == many - lost + duplicated);
  BOOST_TEST(c.bytes == frames.size() * 92);
  BOOST_TEST((c.dropped == 0 && c.failed == 0));
  BOOST_TEST(l.count("impair-lost") == lost);
  BOOST_TEST(l.count("impair-duplicated") == duplicated);
  BOOST_TEST(l.count("impair-corrupted") == corrupted);
  BOOST_TEST(l.count("impair-overflow") == 0u);
  BOOST_TEST(l.count("impair-reordered") > 0u);

  std::set<std::uint64_t> arrived;
  std::uint64_t damaged = 0;
  for (const auto& f : frames) {
    BOOST_REQUIRE(f.header.sequence == trace_id(f.header.trace).seq());
    const auto holds = checksum_holds(f.header, f.body.bytes());
    BOOST_TEST(holds == (f.body.text() == "body"));
    damaged += !holds;
    if (holds)
      arrived.insert(f.header.sequence);
  }
  BOOST_TEST(damaged == corrupted);
  BOOST_TEST((arrived == reach));

  // Sent is everything; of it, damaged are those of which no whole one went out.
  const auto all = l.node.recorded();
  BOOST_TEST(l.node.records.overflowed() == 0u);
  BOOST_TEST(traces(all, record_kind::sent).size() == many);
  const auto spoilt = traces(all, outcome::corrupt);
  BOOST_TEST(spoilt.size() + lost + arrived.size() == many);
  for (const auto n : spoilt)
    BOOST_TEST(!arrived.contains(n));
  BOOST_TEST(traces(all, outcome::lost).empty()); // the ends' numbers tell
  BOOST_TEST(l.node.ended().empty());             // a sender over a real network knows nothing
}

BOOST_AUTO_TEST_CASE(damage_is_seen_in_bodies_of_any_size) {
  for (const std::string body : {"", "x", "a longer body"}) {
    impaired_lane l({.corrupt = 1});
    l.channel->make_room(fake_outgoing::endless);
    for (std::uint64_t n = 0; n < 50; ++n)
      l.send(n, body);
    l.finish();
    for (const auto& f : l.channel->frames()) {
      BOOST_TEST((f.header.flags & wire_checksum) != 0);
      BOOST_TEST(!checksum_holds(f.header, f.body.bytes()));
      BOOST_TEST(f.header.length == body.size()); // all else is as it should be
      BOOST_TEST(read_header(wire_bytes(f.header), body.size(), 100, measured_node::run).ok());
    }
  }
}

BOOST_AUTO_TEST_CASE(without_damage_frames_carry_no_checksum) {
  impaired_lane l({.delay = 1us, .loss = 0.01});
  l.channel->make_room(fake_outgoing::endless);
  l.send(0);
  l.finish();
  BOOST_REQUIRE(l.channel->frames().size() == 1u);
  BOOST_TEST(l.channel->frames()[0].header.flags == wire_warmup);
}

BOOST_AUTO_TEST_CASE(a_full_buffer_loses_on_a_channel_that_may) {
  impaired_lane l({.rate = 1, .buffer = 200}); // 92 bytes take 12 minutes
  l.channel->make_room(fake_outgoing::endless);
  for (std::uint64_t n = 0; n < 5; ++n)
    l.send(n);
  BOOST_TEST(l.sut->waiting() == 2u);
  BOOST_TEST(l.count("impair-overflow") == 3u);
  BOOST_TEST(l.sut->counters().sent == 3u); // as of yet
  BOOST_TEST((traces(l.node.recorded(), record_kind::sent) == std::set<std::uint64_t>{2, 3, 4}));
  l.sut->finish(clock::machine_now());
  BOOST_TEST(l.sut->counters().dropped == 0u);
}

BOOST_AUTO_TEST_CASE(a_full_buffer_pushes_back_on_a_channel_that_retransmits) {
  impaired_lane l({.rate = 1, .buffer = 200}, true, {.size = 2, .policy = overflow::drop_newest});
  l.channel->make_room(fake_outgoing::endless);
  for (std::uint64_t n = 0; n < 8; ++n)
    l.send(n);
  // Two are in the bottleneck, one or none in the thread's hand, two in the queue.
  const auto dropped = l.sut->counters().dropped.load();
  BOOST_TEST((dropped == 3u || dropped == 4u));
  BOOST_TEST(l.sut->waiting() == 8 - dropped);
  BOOST_TEST(traces(l.node.recorded(), outcome::dropped).size() == dropped);
  l.sut->finish(clock::machine_now());
  BOOST_TEST(l.sut->counters().sent == 0u);
}

BOOST_AUTO_TEST_CASE(what_was_pushed_back_comes_later_in_order_and_its_wait_is_told_apart) {
  impaired_lane l({.rate = 1e6, .buffer = 200}, true, {.size = 100, .policy = overflow::block});
  l.channel->make_room(fake_outgoing::endless);
  for (std::uint64_t n = 0; n < 50; ++n)
    l.send(n);
  l.finish();
  numbers wanted(50);
  for (std::uint64_t n = 0; n < 50; ++n)
    wanted[n] = n;
  BOOST_TEST(l.arrived() == wanted, boost::test_tools::per_element());
  const auto all = l.node.recorded();
  const auto held = only(all, step::emulate), queued = only(all, step::send_queue);
  BOOST_TEST(held.size() == 50u);
  BOOST_REQUIRE((queued.size() >= 40 && queued.size() <= 50));
  std::map<std::uint64_t, std::int64_t> began;
  for (const auto& r : held)
    began[r.trace] = r.begin_ns;
  for (const auto& r : queued)
    BOOST_TEST(r.end_ns == began.at(r.trace)); // no time between them
}

BOOST_AUTO_TEST_CASE(a_channel_without_room_is_waited_for_and_that_is_no_emulation) {
  impaired_lane l({.delay = 1ms});
  for (std::uint64_t n = 0; n < 3; ++n)
    l.send(n);
  BOOST_REQUIRE(l.channel->wait_for_attempts(2));
  BOOST_TEST(l.sut->counters().sent == 0u);
  l.channel->make_room(fake_outgoing::endless);
  l.finish();
  BOOST_TEST(l.arrived() == (numbers{0, 1, 2}), boost::test_tools::per_element());
  const auto all = l.node.recorded();
  const auto held = only(all, step::emulate), waits = only(all, step::send_queue),
             sent = only(all, record_kind::sent);
  BOOST_REQUIRE((held.size() == 3 && !waits.empty() && sent.size() == 3));
  BOOST_TEST((waits[0].trace == held[0].trace && waits[0].begin_ns == held[0].end_ns));
  BOOST_TEST(waits[0].end_ns == sent[0].begin_ns);
}

BOOST_AUTO_TEST_CASE(what_meets_a_closed_channel_is_lost_and_told) {
  impaired_lane l({.delay = 1ms, .duplicate = 1});
  l.channel->break_down();
  l.send(0);
  BOOST_REQUIRE(l.node.wait_for_ended(1));
  l.finish();
  const auto all = l.node.recorded();
  BOOST_TEST(traces(all, outcome::lost).size() == 1u);
  BOOST_TEST(only(all, record_kind::sent).empty());
  BOOST_TEST((l.sut->counters().sent == 0 && l.sut->counters().failed == 1));
}

BOOST_AUTO_TEST_CASE(finishing_waits_for_what_is_under_way_or_leaves_it_unfinished) {
  impaired_lane in_time({.delay = 5ms});
  in_time.channel->make_room(fake_outgoing::endless);
  for (std::uint64_t n = 0; n < 5; ++n)
    in_time.send(n);
  in_time.finish();
  BOOST_TEST(in_time.arrived().size() == 5u);
  BOOST_TEST(in_time.channel->closings().size() == 1u);

  impaired_lane too_late({.delay = 1h});
  too_late.channel->make_room(fake_outgoing::endless);
  for (std::uint64_t n = 0; n < 5; ++n)
    too_late.send(n);
  BOOST_TEST(too_late.sut->waiting() == 5u);
  too_late.sut->finish(clock::machine_now());
  BOOST_TEST(too_late.arrived().empty());
  BOOST_TEST(too_late.node.recorded().empty()); // no fate: they end as unfinished
  BOOST_TEST(too_late.channel->closings().size() == 1u);
}

BOOST_AUTO_TEST_CASE(equal_seeds_lose_the_same_samples_whatever_the_timing) {
  const peernet::clock pause;
  const auto lost_of = [&](duration gap) {
    impaired_lane l({.delay = 100us, .jitter = 100us, .loss = 0.2});
    l.channel->make_room(fake_outgoing::endless);
    for (std::uint64_t n = 0; n < 100; ++n) {
      l.send(n);
      pause.sleep_until(pause.now() + gap);
    }
    l.finish();
    const auto arrived = l.arrived();
    return std::set<std::uint64_t>(arrived.begin(), arrived.end());
  };
  const auto first = lost_of(0us);
  BOOST_TEST((first.size() < 100 && first.size() > 50));
  BOOST_TEST((first == lost_of(50us)));
}

BOOST_AUTO_TEST_CASE(several_workers_account_for_every_sample) {
  for (const bool reliable : {false, true}) {
    constexpr std::uint64_t each = 1000;
    impairment what{.delay = 200us, .jitter = 100us, .rate = 1e9, .buffer = 2000};
    what.loss = reliable ? 0 : 0.05;
    impaired_lane l(what, reliable, {.size = 4, .policy = overflow::drop_oldest});
    l.channel->make_room(fake_outgoing::endless);
    std::vector<std::future<void>> workers;
    for (std::uint16_t w = 0; w < 2; ++w)
      workers.push_back(std::async(std::launch::async, [&l, w] {
        auto& by = l.node.records.add(measured_node::number, measured_node::clock_number);
        for (std::uint64_t n = 0; n < each; ++n)
          l.sut->send(sending_lane::nth(w * each + n), w, by);
      }));
    for (auto& w : workers)
      w.get();
    l.finish();
    const auto all = l.node.recorded();
    BOOST_TEST(l.node.records.overflowed() == 0u);
    const auto sent = traces(all, record_kind::sent), dropped = traces(all, outcome::dropped);
    BOOST_TEST(sent.size() + dropped.size() == 2 * each);
    for (const auto n : dropped)
      BOOST_TEST(!sent.contains(n));
    BOOST_TEST(l.sut->counters().sent == sent.size());
    const auto spoilt = l.count("impair-lost") + l.count("impair-overflow");
    BOOST_TEST(l.channel->frames().size() + spoilt == sent.size());
    BOOST_TEST((!reliable || spoilt == 0));
    std::set<std::uint64_t> numbers_seen;
    for (const auto& r : only(all, record_kind::sent)) // from 0, without gaps
      numbers_seen.insert(static_cast<std::uint64_t>(r.end_ns));
    BOOST_TEST((numbers_seen.size() == sent.size() && *numbers_seen.rbegin() == sent.size() - 1));
  }
}

BOOST_AUTO_TEST_SUITE_END()

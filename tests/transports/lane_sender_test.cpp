// SPDX-License-Identifier: MIT
#include "runtime/core/random.hpp"
#include "tests/transports/sending_lane.hpp"
#include "transports/lane_sender.hpp"

#include <boost/test/unit_test.hpp>

#include <future>
#include <set>

using namespace peernet;

namespace {

using numbers = std::vector<std::uint64_t>;

numbers seqs(const std::vector<record>& all) {
  numbers n;
  for (const auto& r : all)
    n.push_back(trace_id(r.trace).seq());
  return n;
}

numbers seqs(const std::vector<sample_header>& all) {
  numbers n;
  for (const auto& h : all)
    n.push_back(h.trace.seq());
  return n;
}

stamp soon() {
  return clock::machine_now() + test_deadline;
}

} // namespace

BOOST_AUTO_TEST_SUITE(lane_sender_test)

BOOST_AUTO_TEST_CASE(with_room_the_stages_own_thread_sends) {
  sending_lane l;
  l.channel->make_room(fake_outgoing::endless);
  for (std::uint64_t n = 0; n < 3; ++n)
    l.send(n);
  const auto frames = l.channel->frames();
  BOOST_REQUIRE(frames.size() == 3u);
  for (const auto& f : frames)
    BOOST_TEST((f.by == std::this_thread::get_id()));
  BOOST_TEST(l.arrived() == (numbers{0, 1, 2}), boost::test_tools::per_element());
  BOOST_TEST(l.sut->waiting() == 0u);
  BOOST_TEST(only(l.node.recorded(), step::send_queue).empty()); // it never saw a queue
}

BOOST_AUTO_TEST_CASE(a_frame_says_everything_about_its_sample_and_its_lane) {
  sending_lane l;
  l.channel->make_room(fake_outgoing::endless);
  const auto before = l.node.clock.now();
  l.send(9);
  l.send(10);
  const auto after = l.node.clock.now();
  const auto frames = l.channel->frames();
  BOOST_REQUIRE(frames.size() == 2u);
  const auto& h = frames[1].header;
  BOOST_TEST((h.magic == wire_header{}.magic && h.version == wire_version && h.size == sizeof h));
  BOOST_TEST((h.run == measured_node::run && h.link == 6 && h.lane == sending_lane::number));
  BOOST_TEST(h.codec == codec_tag("raw"));
  BOOST_TEST((h.route == sending_lane::route && h.sequence == 1 && h.output == 7 &&
              h.flags == wire_warmup));
  BOOST_TEST(h.trace == trace_id(1, 10).number());
  BOOST_TEST((h.clock == measured_node::clock_number && h.origin_clock == 8));
  BOOST_TEST(h.intended_ns == 10'000);
  BOOST_TEST((h.sent_ns >= to_ns(before) && h.sent_ns <= to_ns(after)));
  BOOST_TEST((h.kind == content::text && h.length == 4u));
  BOOST_TEST((h.fragment == 0 && h.fragments == 1 && h.checksum == 0u));
  BOOST_TEST(frames[1].body.text() == "body");
  BOOST_TEST(read_header(wire_bytes(h), 4, 100, measured_node::run).ok());

  const auto sent = only(l.node.recorded(), record_kind::sent);
  BOOST_REQUIRE(sent.size() == 2u);
  BOOST_TEST((sent[1].begin_ns == h.sent_ns && sent[1].end_ns == 1));
  BOOST_TEST(sent[1].amount == 88 + 4);
  BOOST_TEST((sent[1].route == sending_lane::route && sent[1].copy == sending_lane::number));
  BOOST_TEST((sent[1].begin_node == measured_node::number &&
              sent[1].begin_clock == measured_node::clock_number));
  BOOST_TEST((l.sut->counters().sent == 2 && l.sut->counters().bytes == 2 * 92));
  BOOST_TEST(l.node.ended().empty()); // under way is not an end
}

BOOST_AUTO_TEST_CASE(without_room_another_thread_sends_later_in_order_and_the_wait_is_a_step) {
  sending_lane l;
  const auto before = l.node.clock.now();
  for (std::uint64_t n = 0; n < 4; ++n)
    l.send(n);
  const auto queued = l.node.clock.now();
  BOOST_TEST(l.channel->frames().empty());
  BOOST_TEST(l.sut->waiting() == 4u);
  l.channel->make_room(4);
  l.sut->finish(soon());
  BOOST_TEST(l.sut->waiting() == 0u);
  BOOST_TEST(l.arrived() == (numbers{0, 1, 2, 3}), boost::test_tools::per_element());
  for (const auto& f : l.channel->frames())
    BOOST_TEST((f.by != std::this_thread::get_id()));
  const auto all = l.node.recorded();
  const auto sent = only(all, record_kind::sent);
  const auto waits = only(all, step::send_queue);
  BOOST_REQUIRE((sent.size() == 4 && waits.size() == 4));
  for (std::size_t i = 0; i < 4; ++i) {
    BOOST_TEST((sent[i].end_ns == static_cast<std::int64_t>(i))); // refusals took no number
    BOOST_TEST((waits[i].trace == sent[i].trace && waits[i].route == sending_lane::route));
    BOOST_TEST((waits[i].begin_ns >= to_ns(before) && waits[i].begin_ns <= to_ns(queued)));
    BOOST_TEST(waits[i].end_ns == sent[i].begin_ns); // queue and link leave no time between them
    BOOST_TEST(waits[i].end_ns == l.channel->frames()[i].header.sent_ns);
  }
}

BOOST_AUTO_TEST_CASE(once_the_queue_is_empty_the_stage_sends_by_itself_again) {
  sending_lane l;
  l.send(0);
  l.channel->make_room(fake_outgoing::endless);
  BOOST_REQUIRE(l.channel->wait_for_taken(1));
  // The pump still has to put down the frame it sent; until then samples go its way.
  std::uint64_t n = 1;
  do
    l.send(n++);
  while (l.channel->frames().back().by != std::this_thread::get_id() &&
         clock::machine_now() < soon() && n < 1'000'000);
  BOOST_TEST((l.channel->frames().back().by == std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(drop_oldest_gives_up_what_waited_longest) {
  sending_lane l({.size = 2, .policy = overflow::drop_oldest});
  l.let_pump_hold_the_first();
  for (std::uint64_t n = 1; n <= 4; ++n)
    l.send(n);
  const auto dropped = only(l.node.recorded(), outcome::dropped);
  BOOST_TEST(seqs(dropped) == (numbers{1, 2}), boost::test_tools::per_element());
  for (const auto& r : dropped)
    BOOST_TEST((r.route == sending_lane::route && r.copy == sending_lane::number));
  const auto told = l.node.ended();
  BOOST_TEST(seqs(told) == (numbers{1, 2}), boost::test_tools::per_element());
  for (const auto& h : told)
    BOOST_TEST(h.route == sending_lane::route);
  BOOST_TEST(l.sut->counters().dropped == 2u);
  BOOST_TEST(l.sut->waiting() == 3u);
  l.channel->make_room(fake_outgoing::endless);
  l.sut->finish(soon());
  BOOST_TEST(l.arrived() == (numbers{0, 3, 4}), boost::test_tools::per_element());
  BOOST_TEST(l.channel->frames().back().header.sequence == 2u);
}

BOOST_AUTO_TEST_CASE(drop_newest_turns_away_what_comes_last) {
  sending_lane l({.size = 2, .policy = overflow::drop_newest});
  l.let_pump_hold_the_first();
  for (std::uint64_t n = 1; n <= 4; ++n)
    l.send(n);
  BOOST_TEST(seqs(only(l.node.recorded(), outcome::dropped)) == (numbers{3, 4}),
             boost::test_tools::per_element());
  BOOST_TEST(seqs(l.node.ended()) == (numbers{3, 4}), boost::test_tools::per_element());
  BOOST_TEST(l.sut->counters().dropped == 2u);
  l.channel->make_room(fake_outgoing::endless);
  l.sut->finish(soon());
  BOOST_TEST(l.arrived() == (numbers{0, 1, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(block_drops_nothing_however_long_the_sender_must_wait) {
  constexpr std::uint64_t all = 50;
  sending_lane l({.size = 1, .policy = overflow::block});
  auto sent = std::async(std::launch::async, [&] {
    for (std::uint64_t n = 0; n < all; ++n)
      l.send(n);
  });
  for (std::uint64_t n = 0; n < all; ++n) {
    l.channel->make_room(1);
    BOOST_REQUIRE(l.channel->wait_for_taken(n + 1));
  }
  sent.get();
  l.sut->finish(soon());
  numbers expected(all);
  for (std::uint64_t n = 0; n < all; ++n)
    expected[n] = n;
  BOOST_TEST(l.arrived() == expected, boost::test_tools::per_element());
  BOOST_TEST(l.sut->counters().dropped == 0u);
  BOOST_TEST(l.node.ended().empty());
}

BOOST_AUTO_TEST_CASE(what_meets_a_closed_channel_is_lost_at_once) {
  sending_lane l;
  l.channel->break_down();
  l.send(0);
  const auto lost = only(l.node.recorded(), outcome::lost);
  BOOST_REQUIRE(lost.size() == 1u);
  BOOST_TEST((lost[0].route == sending_lane::route && lost[0].copy == sending_lane::number));
  BOOST_TEST(seqs(l.node.ended()) == (numbers{0}), boost::test_tools::per_element());
  BOOST_TEST((l.sut->counters().sent == 0 && l.sut->counters().failed == 1));
}

BOOST_AUTO_TEST_CASE(why_a_channel_closed_is_told_once_with_the_links_name) {
  sending_lane l;
  l.channel->break_down("datagrams do not fit");
  for (std::uint64_t n = 0; n < 3; ++n)
    l.send(n);
  const auto told = l.node.events.take().first;
  BOOST_REQUIRE(told.size() == 1u);
  BOOST_TEST((told[0].how == severity::error));
  BOOST_TEST(told[0].detail == "link uplink: datagrams do not fit");
}

BOOST_AUTO_TEST_CASE(what_waited_for_a_channel_that_closes_is_lost_too) {
  sending_lane l;
  for (std::uint64_t n = 0; n < 3; ++n)
    l.send(n);
  l.channel->break_down();
  BOOST_REQUIRE(l.node.wait_for_ended(3));
  l.sut->finish(soon());
  const auto all = l.node.recorded();
  BOOST_TEST(seqs(only(all, outcome::lost)) == (numbers{0, 1, 2}),
             boost::test_tools::per_element());
  BOOST_TEST(only(all, record_kind::sent).empty());
  BOOST_TEST((l.sut->counters().sent == 0 && l.sut->counters().failed == 3));
}

BOOST_AUTO_TEST_CASE(encoding_is_a_step_and_what_comes_out_of_it_travels) {
  sending_lane l({}, 2);
  l.channel->make_room(fake_outgoing::endless);
  l.sut->send(l.nth(0), 0, l.node.by);
  l.sut->send(l.nth(1), 1, l.node.by); // each worker has a codec of its own
  const auto frames = l.channel->frames();
  BOOST_REQUIRE(frames.size() == 2u);
  BOOST_TEST(frames[0].body.text() == "0body");
  BOOST_TEST(frames[1].body.text() == "1body");
  BOOST_TEST((frames[0].header.length == 5 && frames[0].header.kind == content::text));
  BOOST_TEST(frames[0].header.codec == codec_tag("prefix"));
  const auto all = l.node.recorded();
  const auto encoded = only(all, step::encode);
  const auto sent = only(all, record_kind::sent);
  BOOST_REQUIRE((encoded.size() == 2 && sent.size() == 2));
  BOOST_TEST((encoded[0].route == sending_lane::route && encoded[0].copy == sending_lane::number));
  BOOST_TEST(encoded[0].begin_ns <= encoded[0].end_ns);
  BOOST_TEST(encoded[0].end_ns <= sent[0].begin_ns);
  const auto sizes = only(all, record_kind::value, sending_lane::encoded_bytes);
  BOOST_REQUIRE(sizes.size() == 2u);
  BOOST_TEST(std::bit_cast<double>(sizes[0].amount) == 5.0); // "0body", the header not included
  BOOST_TEST((sizes[0].route == sending_lane::route && sizes[0].copy == sending_lane::number));
}

BOOST_AUTO_TEST_CASE(without_a_codec_no_encoded_size_is_reported) {
  sending_lane l;
  l.channel->make_room(fake_outgoing::endless);
  l.send(0);
  BOOST_TEST(only(l.node.recorded(), record_kind::value, sending_lane::encoded_bytes).empty());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_encoded_failed_and_the_log_says_where_and_why) {
  sending_lane l({}, 1);
  l.channel->make_room(fake_outgoing::endless);
  l.send(0, "spoilt");
  l.send(1);
  const auto failed = only(l.node.recorded(), outcome::failed);
  BOOST_REQUIRE(failed.size() == 1u);
  BOOST_TEST(
      (failed[0].route == sending_lane::route && failed[0].trace == trace_id(1, 0).number()));
  BOOST_TEST(seqs(l.node.ended()) == (numbers{0}), boost::test_tools::per_element());
  const auto [events, suppressed] = l.node.events.take();
  BOOST_REQUIRE(events.size() == 1u);
  BOOST_TEST((events[0].how == severity::error));
  BOOST_TEST(events[0].detail.find("uplink") != std::string::npos);
  BOOST_TEST(events[0].detail.find("this codec does not like it") != std::string::npos);
  BOOST_TEST((l.sut->counters().failed == 1 && l.sut->counters().sent == 1));
  BOOST_TEST(l.channel->frames().front().header.sequence == 0u); // a failure takes no number
}

BOOST_AUTO_TEST_CASE(what_a_codec_throws_fails_the_sample_alone) {
  sending_lane l({}, 1);
  l.channel->make_room(fake_outgoing::endless);
  l.send(0, "thrown");
  l.send(1);
  BOOST_TEST(only(l.node.recorded(), outcome::failed).size() == 1u);
  const auto [events, suppressed] = l.node.events.take();
  BOOST_REQUIRE(events.size() == 1u);
  BOOST_TEST(events[0].detail.find("does not know better") != std::string::npos);
  BOOST_TEST((l.sut->counters().failed == 1 && l.sut->counters().sent == 1));
}

BOOST_AUTO_TEST_CASE(what_is_larger_than_the_limit_failed_and_never_met_the_channel) {
  sending_lane l;
  l.channel->make_room(fake_outgoing::endless);
  l.send(0, std::string(101, 'x'));
  l.send(1, std::string(100, 'x'));
  BOOST_TEST(seqs(only(l.node.recorded(), outcome::failed)) == (numbers{0}),
             boost::test_tools::per_element());
  BOOST_TEST(l.arrived() == (numbers{1}), boost::test_tools::per_element());
  const auto events = l.node.events.take().first;
  BOOST_REQUIRE(events.size() == 1u);
  for (const auto* said : {"uplink", "101", "100"})
    BOOST_TEST(events[0].detail.find(said) != std::string::npos, said);
  BOOST_TEST(l.sut->counters().failed == 1u);
}

BOOST_AUTO_TEST_CASE(finishing_waits_for_what_is_queued) {
  sending_lane l;
  for (std::uint64_t n = 0; n < 5; ++n)
    l.send(n);
  auto room = std::async(std::launch::async, [&] {
    for (int i = 0; i < 5; ++i)
      l.channel->make_room(1);
  });
  l.sut->finish(soon());
  BOOST_TEST(l.channel->frames().size() == 5u);
  BOOST_TEST(l.channel->closings().size() == 1u);
  BOOST_TEST((l.channel->closings().front() > duration{0})); // what is left of the deadline
}

BOOST_AUTO_TEST_CASE(finishing_gives_up_at_its_deadline_and_leaves_the_rest_unfinished) {
  sending_lane l;
  for (std::uint64_t n = 0; n < 5; ++n)
    l.send(n);
  l.sut->finish(clock::machine_now());
  BOOST_TEST(l.channel->frames().empty());
  BOOST_TEST(l.node.recorded().empty()); // no fate: they end as unfinished
  BOOST_TEST(l.node.ended().empty());
  BOOST_TEST(l.sut->waiting() == 0u);
  BOOST_REQUIRE(l.channel->closings().size() == 1u);
  BOOST_TEST((l.channel->closings().front() == duration{0}));
}

BOOST_AUTO_TEST_CASE(a_channel_is_closed_once_so_that_what_is_still_leaving_leaves) {
  sending_lane l;
  l.channel->make_room(fake_outgoing::endless);
  l.send(0);
  l.sut->finish(soon());
  l.sut.reset();
  BOOST_TEST(l.channel->closings().size() == 1u);
  sending_lane never_finished;
  never_finished.sut.reset();
  BOOST_TEST(never_finished.channel->closings().size() == 1u);
}

BOOST_AUTO_TEST_CASE(it_is_connected_when_its_channel_is) {
  sending_lane l;
  BOOST_TEST(!l.sut->connected());
  l.channel->make_room(1);
  BOOST_TEST(l.sut->connected());
}

BOOST_AUTO_TEST_CASE(several_workers_and_a_stuttering_channel_account_for_every_sample) {
  for (const auto policy : {overflow::drop_oldest, overflow::drop_newest, overflow::block}) {
    constexpr std::uint64_t each = 2000;
    sending_lane l({.size = 4, .policy = policy}, 2);
    std::vector<std::future<void>> workers;
    for (std::uint16_t w = 0; w < 2; ++w)
      workers.push_back(std::async(std::launch::async, [&l, w] {
        auto& by = l.node.records.add(measured_node::number, measured_node::clock_number);
        for (std::uint64_t n = 0; n < each; ++n)
          l.sut->send(sending_lane::nth(w * each + n), w, by);
      }));
    auto room = std::jthread([&](const std::stop_token& stop) {
      random_source random(5);
      while (!stop.stop_requested()) {
        l.channel->make_room(random.between(1, 3));
        std::this_thread::yield();
      }
    });
    for (auto& w : workers)
      w.get();
    l.sut->finish(soon());
    room.request_stop();
    room.join();
    BOOST_TEST(l.sut->waiting() == 0u);

    const auto all = l.node.recorded();
    const auto sent = only(all, record_kind::sent), dropped = only(all, outcome::dropped);
    BOOST_TEST(l.node.records.overflowed() == 0u);
    BOOST_TEST(sent.size() + dropped.size() == 2 * each);
    BOOST_TEST(l.sut->counters().sent == sent.size());
    BOOST_TEST(l.sut->counters().dropped == dropped.size());
    BOOST_TEST((policy != overflow::block || dropped.empty()));
    BOOST_TEST(l.node.ended().size() == dropped.size());
    std::set<std::uint64_t> traces; // each sample has one end, none has two
    for (const auto& part : {sent, dropped})
      for (const auto& r : part)
        BOOST_REQUIRE(traces.insert(r.trace).second);
    std::uint64_t next = 0;
    std::array<std::uint64_t, 2> last{};
    for (const auto& f : l.channel->frames()) {
      BOOST_REQUIRE(f.header.sequence == next++);
      const auto n = trace_id(f.header.trace).seq();
      const auto worker = n / each;
      BOOST_REQUIRE(f.body.text().front() == static_cast<char>('0' + worker));
      BOOST_REQUIRE(n % each + 1 > last[worker]); // each worker's samples keep their order
      last[worker] = n % each + 1;
    }
    BOOST_TEST(next == sent.size());
  }
}

BOOST_AUTO_TEST_SUITE_END()

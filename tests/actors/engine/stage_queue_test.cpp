// SPDX-License-Identifier: MIT
#include "actors/engine/stage_queue.hpp"
#include "tests/actors/engine/rig.hpp"

#include <thread>

using namespace peernet;

namespace {

constexpr route_id stage_route = 2;

struct fixture : engine_rig {
  stage_queue queue_of(std::size_t size, overflow policy, std::uint16_t copy = 0) {
    return {{.size = size, .policy = policy}, copy, context};
  }
  void deliver(stage_queue& q, std::uint64_t seq, std::uint16_t input = 0) {
    q.deliver(sample_at(stage_route, seq), input, clock.now(), by);
  }
  recorder& by = records.add(context.node, context.clock_number);
};

std::uint64_t seq_of(const std::optional<queued_sample>& s) {
  BOOST_REQUIRE(s.has_value());
  return s->body.header.trace.seq();
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(stage_queue_test, fixture)

BOOST_AUTO_TEST_CASE(samples_come_out_as_they_went_in) {
  auto q = queue_of(4, overflow::drop_oldest);
  const auto since = clock.now();
  q.deliver(sample_at(stage_route, 7, "seven"), 1, since, by);
  const auto out = q.take();
  BOOST_TEST(seq_of(out) == 7u);
  BOOST_TEST(out->body.body.text() == "seven");
  BOOST_TEST(out->input == 1u);
  BOOST_CHECK(out->since == since);
  BOOST_TEST(taken().empty());
}

BOOST_AUTO_TEST_CASE(the_oldest_gives_way_and_its_end_is_recorded_at_the_stage) {
  auto q = queue_of(1, overflow::drop_oldest, 5);
  deliver(q, 0);
  deliver(q, 1);
  BOOST_TEST(seq_of(q.take()) == 1u);
  BOOST_TEST(q.dropped() == 1u);

  const auto all = taken();
  BOOST_REQUIRE_EQUAL(all.size(), 1u);
  BOOST_CHECK(all[0].kind == record_kind::fate);
  BOOST_TEST(all[0].what == static_cast<std::uint16_t>(outcome::dropped));
  BOOST_TEST(all[0].trace == trace_id(0, 0).number());
  BOOST_TEST(all[0].route == stage_route);
  BOOST_TEST(all[0].copy == 5u);
  BOOST_TEST(all[0].begin_node == context.node);
  BOOST_TEST(all[0].begin_clock == context.clock_number);

  const auto told = watcher.seen.all();
  BOOST_REQUIRE_EQUAL(told.size(), 1u);
  BOOST_TEST(told[0].header.trace.seq() == 0u);
  BOOST_TEST(told[0].header.route == stage_route);
  BOOST_TEST(to_ns(told[0].when) == all[0].begin_ns);
}

BOOST_AUTO_TEST_CASE(the_newest_is_turned_away) {
  auto q = queue_of(1, overflow::drop_newest);
  deliver(q, 0);
  deliver(q, 1);
  BOOST_TEST(seq_of(q.take()) == 0u);
  BOOST_TEST(q.dropped() == 1u);
  const auto fates = fates_of(taken(), outcome::dropped);
  BOOST_REQUIRE_EQUAL(fates.size(), 1u);
  BOOST_TEST(fates[0].trace == trace_id(0, 1).number());
}

BOOST_AUTO_TEST_CASE(a_blocking_queue_makes_the_producer_wait_and_drops_nothing) {
  auto q = queue_of(1, overflow::block);
  std::jthread producer([&] {
    auto& own = records.add(context.node, context.clock_number);
    for (std::uint64_t seq = 0; seq < 100; ++seq)
      q.deliver(sample_at(stage_route, seq), 0, clock.now(), own);
  });
  for (std::uint64_t seq = 0; seq < 100; ++seq) {
    BOOST_TEST(seq_of(q.take()) == seq);
    q.done();
  }
  BOOST_TEST(q.dropped() == 0u);
  BOOST_TEST(q.under_way() == 0u);
}

BOOST_AUTO_TEST_CASE(a_sample_is_under_way_until_it_is_done) {
  auto q = queue_of(2, overflow::drop_oldest);
  BOOST_TEST(q.under_way() == 0u);
  deliver(q, 0);
  deliver(q, 1);
  BOOST_TEST(q.under_way() == 2u);
  (void)q.take();
  BOOST_TEST(q.under_way() == 2u);
  q.done();
  BOOST_TEST(q.under_way() == 1u);
  deliver(q, 2);
  deliver(q, 3); // drops 1
  BOOST_TEST(q.under_way() == 2u);
}

BOOST_AUTO_TEST_CASE(what_comes_after_the_end_is_unfinished_not_dropped) {
  auto q = queue_of(2, overflow::drop_oldest);
  deliver(q, 0);
  q.close();
  deliver(q, 1);
  BOOST_TEST(q.under_way() == 1u);
  BOOST_TEST(q.dropped() == 0u);
  BOOST_TEST(taken().empty());
  BOOST_TEST(watcher.seen.size() == 0u);
  BOOST_TEST(seq_of(q.take()) == 0u);
  BOOST_CHECK(!q.take());
}

BOOST_AUTO_TEST_CASE(a_producer_that_waits_is_let_go_at_the_end) {
  auto q = queue_of(1, overflow::block);
  deliver(q, 0);
  std::jthread producer([&] {
    q.deliver(sample_at(stage_route, 1), 0, clock.now(),
              records.add(context.node, context.clock_number));
  });
  q.close();
  producer.join();
  BOOST_TEST(q.under_way() == 1u);
  BOOST_TEST(q.dropped() == 0u);
}

BOOST_AUTO_TEST_CASE(with_many_producers_every_sample_is_taken_or_dropped) {
  constexpr std::uint64_t producers = 4, each = 2000;
  auto q = queue_of(8, overflow::drop_oldest);
  std::uint64_t received = 0;
  std::jthread consumer([&] {
    while (q.take()) {
      ++received;
      q.done();
    }
  });
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t p = 0; p < producers; ++p)
      threads.emplace_back([&, p] {
        auto& own = records.add(context.node, context.clock_number);
        for (std::uint64_t i = 0; i < each; ++i)
          q.deliver(sample_at(stage_route, p * each + i), 0, clock.now(), own);
      });
  }
  q.close();
  consumer.join();
  BOOST_TEST(received + q.dropped() == producers * each);
  BOOST_TEST(fates_of(taken(), outcome::dropped).size() == q.dropped());
  BOOST_TEST(watcher.seen.size() == q.dropped());
  BOOST_TEST(q.under_way() == 0u);
}

BOOST_AUTO_TEST_CASE(what_finds_no_room_once_blocking_has_ended_is_unfinished_not_dropped) {
  auto q = queue_of(1, overflow::block);
  deliver(q, 0);
  q.stop_blocking();
  deliver(q, 1);
  BOOST_TEST(q.under_way() == 1u);
  BOOST_TEST(q.dropped() == 0u);
  BOOST_TEST(taken().empty());
  BOOST_TEST(watcher.seen.size() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "actors/engine/sink_engine.hpp"
#include "tests/actors/engine/rig.hpp"

#include <stdexcept>

using namespace peernet;

namespace {

constexpr route_id link_route = 3, sink_route_ = 4;

struct fixture : engine_rig {
  read_graph graph = read_plan(chain_toml);
  std::shared_ptr<stage_queue> queue = queue_of(8, overflow::drop_oldest);
  recorder& by = records.add(context.node, context.clock_number);
  awaited_list<std::string> acted;

  std::shared_ptr<stage_queue> queue_of(std::size_t size, overflow policy) {
    return std::make_shared<stage_queue>(queue_config{.size = size, .policy = policy},
                                         std::uint16_t{1}, context);
  }
  sink_engine engine(scripted_sink::script act, decoder_set decoders = {}) {
    return {{.name = "actuator", .copy = 1},
            std::make_unique<scripted_sink>(std::move(act)),
            queue,
            std::move(decoders),
            *graph.whole,
            context};
  }
  sink_engine keeping_engine(decoder_set decoders = {}) {
    return engine(
        [this](const sample& s) {
          acted.add(std::string(s.body.text()));
          return result<void>{};
        },
        std::move(decoders));
  }
  static decoder_set one_decoder(scripted_codec::script decode) {
    decoder_set set;
    set.push_back(std::make_unique<scripted_codec>(std::move(decode)));
    return set;
  }
  void deliver(std::uint64_t seq, std::string_view text = "frame") {
    queue->deliver(sample_at(sink_route_, seq, text), 0, clock.now(), by);
  }
  /// All events' details.
  std::string troubles() {
    std::string all;
    for (const auto& e : events.take().first)
      all += e.what + ": " + e.detail + "\n";
    return all;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(sink_engine_test, fixture)

BOOST_AUTO_TEST_CASE(a_sample_waits_is_acted_on_and_ends_as_delivered) {
  auto e = keeping_engine();
  e.start();
  deliver(0);
  BOOST_REQUIRE(watcher.seen.wait_for(1));
  e.stop();

  const auto all = taken();
  BOOST_TEST(steps_of(all, trace_id{0, 0}) == "queue act");
  const auto queue_span = spans_of(all, step::queue).at(0);
  const auto act = spans_of(all, step::act).at(0);
  const auto end = fates_of(all, outcome::delivered).at(0);
  BOOST_TEST(queue_span.end_ns <= act.begin_ns);
  BOOST_TEST(act.end_ns == end.begin_ns);
  for (const auto& r : all) {
    BOOST_TEST(r.route == sink_route_);
    BOOST_TEST(r.copy == 1u);
    BOOST_TEST(r.begin_clock == context.clock_number);
  }
  BOOST_TEST(to_ns(watcher.seen.all().at(0).when) == end.begin_ns);
  BOOST_TEST(e.delivered() == 1u);
  BOOST_TEST(queue->under_way() == 0u);
}

BOOST_AUTO_TEST_CASE(samples_are_acted_on_in_their_order) {
  auto e = keeping_engine();
  for (std::uint64_t seq = 0; seq < 5; ++seq)
    deliver(seq, std::to_string(seq));
  e.start();
  BOOST_REQUIRE(watcher.seen.wait_for(5));
  BOOST_CHECK((acted.all() == std::vector<std::string>{"0", "1", "2", "3", "4"}));
}

BOOST_AUTO_TEST_CASE(what_comes_encoded_is_decoded_first_as_a_step_of_the_link) {
  auto e = keeping_engine(one_decoder(
      [](const payload& p) { return payload::copy_of("plain " + std::string(p.text())); }));
  e.start();
  deliver(0, "cipher");
  BOOST_REQUIRE(watcher.seen.wait_for(1));
  e.stop();
  BOOST_TEST(acted.all().at(0) == "plain cipher");

  const auto all = taken();
  BOOST_TEST(steps_of(all, trace_id{0, 0}) == "queue decode act");
  const auto decode = spans_of(all, step::decode).at(0);
  BOOST_TEST(decode.route == link_route);
  BOOST_TEST(decode.copy == 0u); // the lane
  BOOST_TEST(spans_of(all, step::queue).at(0).end_ns <= decode.begin_ns);
  BOOST_TEST(decode.end_ns <= spans_of(all, step::act).at(0).begin_ns);
}

BOOST_AUTO_TEST_CASE(each_input_has_its_own_decoder) {
  auto decoders = one_decoder([](const payload&) { return payload::copy_of("decoded"); });
  decoders.push_back(nullptr);
  auto e = keeping_engine(std::move(decoders));
  e.start();
  queue->deliver(sample_at(sink_route_, 0, "raw"), 1, clock.now(), by);
  queue->deliver(sample_at(sink_route_, 1, "encoded"), 0, clock.now(), by);
  BOOST_REQUIRE(watcher.seen.wait_for(2));
  BOOST_CHECK((acted.all() == std::vector<std::string>{"raw", "decoded"}));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_decoded_ends_as_corrupt_at_the_link) {
  auto e = keeping_engine(one_decoder([](const payload& p) -> result<payload> {
    if (p.text() == "rubbish")
      return error{errc::corrupt, "no such picture"};
    return p;
  }));
  e.start();
  deliver(0, "rubbish");
  deliver(1, "fine");
  BOOST_REQUIRE(watcher.seen.wait_for(2));
  e.stop();

  BOOST_CHECK((acted.all() == std::vector<std::string>{"fine"}));
  const auto all = taken();
  const auto end = fates_of(all, outcome::corrupt).at(0);
  BOOST_TEST(end.route == link_route);
  BOOST_TEST(end.copy == 0u);
  BOOST_TEST(watcher.seen.all().at(0).header.route == link_route);
  BOOST_TEST(steps_of(all, trace_id{0, 0}) == "queue");
  const auto trouble = troubles();
  BOOST_TEST(trouble.find("downlink: no such picture") != std::string::npos, trouble);
  BOOST_TEST(queue->under_way() == 0u);
}

BOOST_AUTO_TEST_CASE(a_decoder_that_throws_fails_the_sample_not_the_process) {
  auto e = keeping_engine(one_decoder([](const payload& p) -> result<payload> {
    if (p.text() == "rubbish")
      throw std::runtime_error("decoder exploded");
    return p;
  }));
  e.start();
  deliver(0, "rubbish");
  deliver(1, "fine");
  BOOST_REQUIRE(watcher.seen.wait_for(2));
  e.stop();
  BOOST_TEST(fates_of(taken(), outcome::corrupt).size() == 1u);
  BOOST_TEST(e.delivered() == 1u);
  BOOST_TEST(troubles().find("decoder exploded") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_error_or_exception_of_the_sink_fails_the_sample_and_the_next_goes_on) {
  auto e = engine([](const sample& s) -> result<void> {
    if (s.body.text() == "error")
      return error{errc::io, "the arm is stuck"};
    if (s.body.text() == "exception")
      throw std::runtime_error("the arm fell off");
    return {};
  });
  e.start();
  deliver(0, "error");
  deliver(1, "exception");
  deliver(2, "fine");
  BOOST_REQUIRE(watcher.seen.wait_for(3));
  e.stop();

  const auto all = taken();
  const auto failed = fates_of(all, outcome::failed);
  BOOST_REQUIRE_EQUAL(failed.size(), 2u);
  BOOST_TEST(failed[0].route == sink_route_);
  BOOST_TEST(steps_of(all, trace_id{0, 0}) == "queue act");
  BOOST_TEST(e.failed() == 2u);
  BOOST_TEST(e.delivered() == 1u);
  const auto trouble = troubles();
  BOOST_TEST(trouble.find("actuator: the arm is stuck") != std::string::npos, trouble);
  BOOST_TEST(trouble.find("actuator: the arm fell off") != std::string::npos, trouble);
}

BOOST_AUTO_TEST_CASE(stopped_in_the_middle_it_leaves_what_waits_unfinished) {
  queue = queue_of(2, overflow::block);
  gate queue_closed;
  awaited_list<bool> inside;
  auto e = engine([&](const sample&) -> result<void> {
    inside.add(true);
    if (!queue_closed.pass())
      return error{errc::timeout, "the test hangs"};
    return {};
  });
  e.start();
  deliver(0);
  BOOST_REQUIRE(inside.wait_for(1));
  deliver(1);
  deliver(2);
  // A producer that waits for room is let go when the queue is closed, which `stop` does after it
  // has asked the thread to end.
  std::jthread producer([&] {
    queue->deliver(sample_at(sink_route_, 3), 0, clock.now(),
                   records.add(context.node, context.clock_number));
    queue_closed.open();
  });
  e.stop();
  producer.join();

  const auto fates = of_kind(taken(), record_kind::fate);
  BOOST_REQUIRE_EQUAL(fates.size(), 1u);
  BOOST_TEST(fates[0].trace == trace_id(0, 0).number());
  BOOST_TEST(fates[0].what == static_cast<std::uint16_t>(outcome::delivered));
  BOOST_TEST(inside.size() == 1u);
  BOOST_TEST(queue->under_way() == 2u);
}

BOOST_AUTO_TEST_CASE(stopping_twice_or_without_a_start_is_fine) {
  auto e = keeping_engine();
  e.stop();
  e.stop();
  BOOST_TEST(e.delivered() == 0u);
}

BOOST_AUTO_TEST_CASE(a_sink_that_does_not_come_back_is_given_up_and_named) {
  gate opened;
  awaited_list<bool> inside;
  auto e = engine([&](const sample&) -> result<void> {
    inside.add(true);
    if (!opened.pass())
      return error{errc::timeout, "the test hangs"};
    return {};
  });
  e.start();
  deliver(0);
  BOOST_REQUIRE(inside.wait_for(1));
  BOOST_TEST(!e.stop(clock.now()));
  const auto trouble = troubles();
  BOOST_TEST(trouble.find("actuator did not come back within") != std::string::npos, trouble);
  (void)taken();
  opened.open();
  BOOST_TEST(e.stop());
  BOOST_TEST(taken().empty());
  BOOST_TEST(e.delivered() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

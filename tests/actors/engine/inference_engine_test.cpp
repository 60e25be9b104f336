// SPDX-License-Identifier: MIT
#include "actors/engine/inference_engine.hpp"
#include "tests/actors/engine/rig.hpp"

#include <bit>
#include <set>
#include <stdexcept>

using namespace peernet;

namespace {

constexpr route_id link_route = 1, stage_route = 2;

result<void> echo(const payload& in, emitter& out) {
  out.emit(in);
  return {};
}

struct fixture : engine_rig {
  read_graph graph = read_plan(chain_toml);
  std::shared_ptr<stage_queue> queue = queue_of(64, overflow::drop_oldest);
  recorder& by = records.add(context.node, context.clock_number);
  keeping_outlet out;

  std::shared_ptr<stage_queue> queue_of(std::size_t size, overflow policy) {
    return std::make_shared<stage_queue>(queue_config{.size = size, .policy = policy},
                                         std::uint16_t{0}, context);
  }
  static inference_engine::worker worker_of(std::unique_ptr<model> m) {
    return {.what = std::move(m), .decoders = {}, .values = {}};
  }
  static inference_engine::worker worker_of(scripted_model::script infer, model_traits t = {}) {
    return worker_of(std::make_unique<scripted_model>(std::move(infer), std::move(t)));
  }
  template <class... Workers>
  std::unique_ptr<inference_engine> engine_of(Workers... workers) {
    std::vector<inference_engine::worker> all;
    (all.push_back(std::move(workers)), ...);
    auto e = std::make_unique<inference_engine>(stage_identity{.name = "detector", .copy = 4},
                                                std::move(all), queue, *graph.whole, context);
    e->connect({&out});
    return e;
  }
  void deliver(std::uint64_t seq, std::string_view text = "frame") {
    queue->deliver(sample_at(stage_route, seq, text), 0, clock.now(), by);
  }
  std::string troubles() {
    std::string all;
    for (const auto& e : events.take().first)
      all += e.what + ": " + e.detail + "\n";
    return all;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(inference_engine_test, fixture)

BOOST_AUTO_TEST_CASE(the_steps_follow_each_other_without_a_gap) {
  auto m = std::make_unique<scripted_model>(
      echo, model_traits{.preprocess = true, .postprocess = true, .max_outputs = 1, .values = {}});
  auto e = engine_of(worker_of(std::move(m)));
  e->start();
  deliver(0);
  BOOST_REQUIRE(out.sent.wait_for(1));
  e->stop();

  const auto all = taken();
  BOOST_TEST(steps_of(all, trace_id{0, 0}) == "queue preprocess infer postprocess");
  const auto pre = spans_of(all, step::preprocess).at(0);
  const auto infer = spans_of(all, step::infer).at(0);
  const auto post = spans_of(all, step::postprocess).at(0);
  BOOST_TEST(spans_of(all, step::queue).at(0).end_ns <= pre.begin_ns);
  BOOST_TEST(pre.end_ns == infer.begin_ns);
  BOOST_TEST(infer.end_ns == post.begin_ns);
  for (const auto& r : all) {
    BOOST_TEST(r.route == stage_route);
    BOOST_TEST(r.copy == 4u);
  }
  BOOST_TEST(e->processed() == 1u);
}

BOOST_AUTO_TEST_CASE(steps_that_a_model_does_not_have_are_not_recorded) {
  auto e = engine_of(worker_of(echo));
  e->start();
  deliver(0);
  BOOST_REQUIRE(out.sent.wait_for(1));
  e->stop();
  BOOST_TEST(steps_of(taken(), trace_id{0, 0}) == "queue infer");
}

BOOST_AUTO_TEST_CASE(what_passes_between_the_steps_stays_inside_the_model) {
  auto m = std::make_unique<scripted_model>(
      [](const payload&, emitter&) { return result<void>{}; },
      model_traits{.preprocess = false, .postprocess = true, .max_outputs = 1, .values = {}});
  m->on_postprocess = echo;
  auto e = engine_of(worker_of(std::move(m)));
  e->start();
  deliver(0, "late");
  BOOST_REQUIRE(out.sent.wait_for(1));
  BOOST_TEST(out.sent.all()[0].first.body.text() == "late");
}

BOOST_AUTO_TEST_CASE(outputs_are_numbered_by_their_input_and_sent_on_every_link) {
  const auto thrice = [](const payload& in, emitter& to) {
    for (int i = 0; i < 3; ++i)
      to.emit(payload::copy_of(std::string(in.text()) + std::to_string(i)));
    return result<void>{};
  };
  auto e = engine_of(worker_of(
      thrice, {.preprocess = false, .postprocess = false, .max_outputs = 3, .values = {}}));
  keeping_outlet second;
  e->connect({&out, &second});
  e->start();
  auto s = sample_at(stage_route, 0, "x");
  s.header.output = 2;
  s.header.warmup = true;
  queue->deliver(std::move(s), 0, clock.now(), by);
  BOOST_REQUIRE(out.sent.wait_for(3) && second.sent.wait_for(3));
  for (const auto* o : {&out, &second}) {
    const auto sent = o->sent.all();
    BOOST_REQUIRE_EQUAL(sent.size(), 3u);
    for (std::uint32_t i = 0; i < 3; ++i) {
      BOOST_TEST(sent[i].first.header.output == 6 + i);
      BOOST_TEST(sent[i].first.body.text() == "x" + std::to_string(i));
      BOOST_TEST(sent[i].first.header.route == stage_route);
      BOOST_TEST(sent[i].first.header.warmup);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_sample_for_which_nothing_comes_out_is_consumed) {
  auto e = engine_of(worker_of([](const payload&, emitter&) { return result<void>{}; }));
  e->start();
  deliver(0);
  BOOST_REQUIRE(watcher.seen.wait_for(1));
  e->stop();
  const auto all = taken();
  const auto end = fates_of(all, outcome::consumed).at(0);
  BOOST_TEST(end.route == stage_route);
  BOOST_TEST(end.copy == 4u);
  BOOST_TEST(end.begin_ns == spans_of(all, step::infer).at(0).end_ns);
  BOOST_TEST(e->consumed() == 1u);
  BOOST_TEST(out.sent.size() == 0u);
  BOOST_TEST(queue->under_way() == 0u);
}

BOOST_AUTO_TEST_CASE(errors_and_exceptions_fail_their_sample_only) {
  auto e = engine_of(worker_of([](const payload& in, emitter& to) -> result<void> {
    if (in.text() == "error")
      return error{errc::unsupported, "not a picture"};
    if (in.text() == "exception")
      throw std::runtime_error("tensor of the wrong shape");
    return echo(in, to);
  }));
  e->start();
  deliver(0, "error");
  deliver(1, "exception");
  deliver(2, "fine");
  BOOST_REQUIRE(out.sent.wait_for(1));
  e->stop();

  const auto all = taken();
  const auto failed = fates_of(all, outcome::failed);
  BOOST_REQUIRE_EQUAL(failed.size(), 2u);
  BOOST_TEST(failed[0].route == stage_route);
  BOOST_TEST(steps_of(all, trace_id{0, 0}) == "queue infer"); // the step that failed has a time
  BOOST_TEST(e->failed() == 2u);
  BOOST_TEST(e->processed() == 3u);
  const auto trouble = troubles();
  BOOST_TEST(trouble.find("detector: not a picture") != std::string::npos, trouble);
  BOOST_TEST(trouble.find("detector: tensor of the wrong shape") != std::string::npos, trouble);
  BOOST_TEST(out.sent.all()[0].first.header.trace.seq() == 2u);
}

BOOST_AUTO_TEST_CASE(after_a_failed_step_the_later_ones_are_left_out) {
  bool inferred = false;
  auto m = std::make_unique<scripted_model>(
      [&](const payload& in, emitter& to) {
        inferred = true;
        return echo(in, to);
      },
      model_traits{.preprocess = true, .postprocess = true, .max_outputs = 1, .values = {}});
  m->on_preprocess = [] { return result<void>{error{errc::unsupported, "too small"}}; };
  auto e = engine_of(worker_of(std::move(m)));
  e->start();
  deliver(0);
  BOOST_REQUIRE(watcher.seen.wait_for(1));
  e->stop();
  BOOST_TEST(!inferred);
  BOOST_TEST(steps_of(taken(), trace_id{0, 0}) == "queue preprocess");
}

BOOST_AUTO_TEST_CASE(more_outputs_than_declared_fail_the_sample_and_none_is_sent) {
  auto e = engine_of(worker_of(
      [](const payload& in, emitter& to) {
        for (int i = 0; i < 3; ++i)
          to.emit(in);
        return result<void>{};
      },
      {.preprocess = false, .postprocess = false, .max_outputs = 2, .values = {}}));
  e->start();
  deliver(0);
  BOOST_REQUIRE(watcher.seen.wait_for(1));
  e->stop();
  BOOST_TEST(fates_of(taken(), outcome::failed).size() == 1u);
  BOOST_TEST(out.sent.size() == 0u);
  BOOST_TEST(troubles().find("more outputs than it declared (2)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(several_workers_share_the_queue_and_are_told_apart) {
  // Each waits inside infer until the other is there too, so both must be at work at once.
  awaited_list<bool> inside;
  const auto together = [&](const payload& in, emitter& to) -> result<void> {
    inside.add(true);
    if (!inside.wait_for(2))
      return error{errc::timeout, "alone"};
    return echo(in, to);
  };
  auto e = engine_of(worker_of(together), worker_of(together));
  e->start();
  deliver(0);
  deliver(1);
  BOOST_REQUIRE(out.sent.wait_for(2));
  e->stop();
  std::set<std::uint16_t> workers, copies;
  for (const auto& [s, worker] : out.sent.all())
    workers.insert(worker);
  for (const auto& r : spans_of(taken(), step::infer))
    copies.insert(r.copy);
  BOOST_CHECK((workers == std::set<std::uint16_t>{0, 1}));
  BOOST_CHECK((copies == std::set<std::uint16_t>{4, 5}));
}

BOOST_AUTO_TEST_CASE(with_many_workers_every_sample_comes_out_once) {
  auto e = engine_of(worker_of(echo), worker_of(echo), worker_of(echo));
  queue = queue_of(64, overflow::block);
  e = engine_of(worker_of(echo), worker_of(echo), worker_of(echo));
  e->start();
  constexpr std::uint64_t count = 1000;
  for (std::uint64_t seq = 0; seq < count; ++seq)
    deliver(seq);
  BOOST_REQUIRE(out.sent.wait_for(count));
  e->stop();
  std::set<std::uint64_t> seen;
  for (const auto& [s, worker] : out.sent.all())
    seen.insert(s.header.trace.seq());
  BOOST_TEST(seen.size() == count);
  BOOST_TEST(out.sent.size() == count);
  BOOST_TEST(queue->under_way() == 0u);
}

BOOST_AUTO_TEST_CASE(values_are_recorded_under_the_numbers_of_the_run) {
  auto w = worker_of(
      [](const payload& in, emitter& to) {
        to.value(1, 0.75);
        to.value(0, 3);
        to.value(2, 99); // was never declared
        return echo(in, to);
      },
      {.preprocess = false, .postprocess = false, .max_outputs = 1, .values = {"boxes", "score"}});
  w.values = {7, 5};
  auto e = engine_of(std::move(w));
  e->start();
  deliver(0);
  BOOST_REQUIRE(out.sent.wait_for(1));
  e->stop();
  const auto values = of_kind(taken(), record_kind::value);
  BOOST_REQUIRE_EQUAL(values.size(), 2u);
  BOOST_TEST(values[0].what == 5u);
  BOOST_TEST(std::bit_cast<double>(values[0].amount) == 0.75);
  BOOST_TEST(values[1].what == 7u);
  BOOST_TEST(std::bit_cast<double>(values[1].amount) == 3.0);
  BOOST_TEST(values[1].copy == 4u);
  BOOST_TEST(values[1].route == stage_route);
}

BOOST_AUTO_TEST_CASE(what_comes_encoded_is_decoded_between_queue_and_model) {
  auto w = worker_of(echo);
  w.decoders.push_back(std::make_unique<scripted_codec>([](const payload& p) -> result<payload> {
    if (p.text() == "rubbish")
      return error{errc::corrupt, "no such picture"};
    return payload::copy_of("plain");
  }));
  auto e = engine_of(std::move(w));
  e->start();
  deliver(0, "rubbish");
  deliver(1, "cipher");
  BOOST_REQUIRE(out.sent.wait_for(1));
  e->stop();
  BOOST_TEST(out.sent.all()[0].first.body.text() == "plain");

  const auto all = taken();
  BOOST_TEST(steps_of(all, trace_id{0, 1}) == "queue decode infer");
  BOOST_TEST(spans_of(all, step::decode).at(0).route == link_route);
  const auto end = fates_of(all, outcome::corrupt).at(0);
  BOOST_TEST(end.trace == trace_id(0, 0).number());
  BOOST_TEST(end.route == link_route);
  BOOST_TEST(end.copy == 0u); // the lane, not the worker
  BOOST_TEST(e->processed() == 1u);
}

BOOST_AUTO_TEST_CASE(stopped_in_the_middle_it_leaves_what_waits_unfinished) {
  queue = queue_of(1, overflow::block);
  gate queue_closed;
  awaited_list<bool> inside;
  auto e = engine_of(worker_of([&](const payload& in, emitter& to) -> result<void> {
    inside.add(true);
    if (!queue_closed.pass())
      return error{errc::timeout, "the test hangs"};
    return echo(in, to);
  }));
  e->start();
  deliver(0);
  BOOST_REQUIRE(inside.wait_for(1));
  deliver(1);
  std::jthread producer([&] { // see sink_engine_test
    queue->deliver(sample_at(stage_route, 2), 0, clock.now(),
                   records.add(context.node, context.clock_number));
    queue_closed.open();
  });
  e->stop();
  producer.join();
  BOOST_TEST(out.sent.size() == 1u);
  BOOST_TEST(of_kind(taken(), record_kind::fate).empty());
  BOOST_TEST(queue->under_way() == 1u);
}

BOOST_AUTO_TEST_CASE(a_model_that_does_not_come_back_is_given_up_and_named) {
  gate opened;
  awaited_list<bool> inside;
  auto e = engine_of(worker_of(
      [&](const payload& in, emitter& to) -> result<void> {
        inside.add(true);
        if (!opened.pass())
          return error{errc::timeout, "the test hangs"};
        to.value(0, 1.0);
        return echo(in, to);
      },
      {.preprocess = false, .postprocess = false, .max_outputs = 1, .values = {"score"}}));
  e->start();
  deliver(0);
  BOOST_REQUIRE(inside.wait_for(1));
  BOOST_TEST(!e->stop(clock.now()));
  const auto trouble = troubles();
  BOOST_TEST(trouble.find("detector did not come back within") != std::string::npos, trouble);
  BOOST_TEST(trouble.find("unfinished") != std::string::npos, trouble);
  BOOST_TEST(queue->under_way() == 1u);
  (void)taken();

  // Should it come back after all, nothing of it is seen.
  opened.open();
  BOOST_TEST(e->stop());
  BOOST_TEST(taken().empty());
  BOOST_TEST(out.sent.size() == 0u);
  BOOST_TEST(e->processed() == 0u);
  BOOST_TEST(watcher.seen.size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_model_that_names_its_stage_is_not_named_twice) {
  auto e = engine_of(worker_of([](const payload&, emitter&) -> result<void> {
    return error{errc::io, "detector: no weights"};
  }));
  e->start();
  deliver(0);
  BOOST_REQUIRE(watcher.seen.wait_for(1));
  e->stop();
  BOOST_TEST(troubles() == "inference failed: detector: no weights\n");
}

BOOST_AUTO_TEST_SUITE_END()

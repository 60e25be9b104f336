// SPDX-License-Identifier: MIT
#include "actors/engine/closed_loop.hpp"
#include "tests/actors/engine/rig.hpp"

#include <set>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

/// camera (0) → a (1) → arm (2); camera → b (3) → detector (4) → c (5) → log (6), d (7) → screen
/// (8): three sinks, two of them behind one link.
constexpr std::string_view fan_out_toml = R"([scenario]
samples = 10
[nodes.robot]
[sensors.camera]
node = "robot"
type = "bytes"
size = "1B"
arrival = "closed-loop"
in-flight = 1
[inference.detector]
node = "robot"
model = "echo"
[sinks.arm]
node = "robot"
[sinks.log]
node = "robot"
[sinks.screen]
node = "robot"
[links.a]
from = "camera"
to = "arm"
[links.b]
from = "camera"
to = "detector"
[links.c]
from = "detector"
to = "log"
[links.d]
from = "detector"
to = "screen"
)";
constexpr route_id at_arm = 2, on_b = 3, at_detector = 4, at_log = 6, at_screen = 8;

/// The samples on their way, as the test sees them.
class sky final : public outlet {
public:
  void send(const sample& s, std::uint16_t, recorder&) override {
    {
      const std::lock_guard lock(mutex_);
      flying_.insert(s.header.trace.seq());
      most_ = std::max(most_, flying_.size());
    }
    launched.add(s.header);
  }
  /// Before the loop is told.
  void landed(std::uint64_t seq) {
    const std::lock_guard lock(mutex_);
    flying_.erase(seq);
  }
  [[nodiscard]] std::size_t most() const {
    const std::lock_guard lock(mutex_);
    return most_;
  }
  awaited_list<sample_header> launched;

private:
  mutable std::mutex mutex_;
  std::set<std::uint64_t> flying_;
  std::size_t most_ = 0;
};

struct fixture : engine_rig {
  read_graph graph = read_plan(fan_out_toml);
  sky out;
  std::unique_ptr<sensor_source> source;
  std::unique_ptr<closed_loop> loop;

  void make(std::uint32_t in_flight, duration timeout, scripted_sensor::script script = picture) {
    source = std::make_unique<sensor_source>(stage_identity{.name = "camera", .copy = 0},
                                             std::make_unique<scripted_sensor>(std::move(script)),
                                             0, graph.whole->sensor_routes[0], context);
    source->connect({&out}, nullptr);
    auto config = graph.what->sensors[0];
    config.in_flight = in_flight;
    config.timeout = timeout;
    loop = std::make_unique<closed_loop>(*source, config, *graph.whole);
  }
  void start(std::uint64_t samples = UINT64_MAX, stamp end = stamp::max()) {
    const auto now = clock.now();
    loop->start({.start = now, .measured = now, .end = end, .samples = samples});
  }
  void await_end() {
    const auto deadline = clock::machine_now() + test_deadline;
    while (!loop->finished() && clock::machine_now() < deadline)
      std::this_thread::yield();
    BOOST_TEST(loop->finished());
  }
  void notice(std::uint64_t seq, route_id route) {
    loop->notice({.trace = trace_id{0, seq},
                  .route = route,
                  .when = stamp_from_ns(1000 + static_cast<std::int64_t>(seq)),
                  .node = 9,
                  .clock = 4});
  }
  /// The sample has ended everywhere.
  void land(std::uint64_t seq) {
    out.landed(seq);
    notice(seq, graph.whole->sensor_routes[0]);
  }
  static result<std::optional<payload>> picture() { return std::optional{payload::copy_of("1")}; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(closed_loop_test, fixture)

BOOST_AUTO_TEST_CASE(the_plan_is_numbered_as_these_tests_believe) {
  const auto& p = *graph.whole;
  for (const auto& [route, name] :
       std::vector<std::pair<route_id, std::string>>{{at_arm, "camera->arm"},
                                                     {on_b, "camera->b"},
                                                     {at_detector, "camera->detector"},
                                                     {at_log, "camera->detector->log"},
                                                     {at_screen, "camera->detector->screen"}})
    BOOST_TEST(route_name(p, route) == name);
}

BOOST_AUTO_TEST_CASE(no_more_than_the_given_number_are_in_flight) {
  make(3, 1h);
  start();
  constexpr std::uint64_t count = 500;
  for (std::uint64_t ended = 0; ended < count; ++ended) {
    BOOST_REQUIRE(out.launched.wait_for(ended + 3));
    land(ended % 2 ? ended - 1 : ended + 1); // 1, 0, 3, 2: not in the order of their start
  }
  loop->stop();
  BOOST_TEST(out.most() == 3u);
  const auto launched = out.launched.all();
  for (std::uint64_t seq = 0; seq < launched.size(); ++seq)
    BOOST_TEST(launched[seq].trace.seq() == seq);
}

BOOST_AUTO_TEST_CASE(an_end_is_noticed_as_a_step_and_the_next_is_due_then) {
  make(1, 1h);
  start(2);
  BOOST_REQUIRE(out.launched.wait_for(1));
  land(0);
  BOOST_REQUIRE(out.launched.wait_for(2));
  loop->stop();
  const auto all = taken();
  const auto notice_span = spans_of(all, step::notice).at(0);
  BOOST_TEST(notice_span.trace == trace_id(0, 0).number());
  BOOST_TEST(notice_span.route == graph.whole->sensor_routes[0]);
  BOOST_TEST(notice_span.begin_ns == 1000);
  BOOST_TEST(notice_span.begin_node == 9u);
  BOOST_TEST(notice_span.begin_clock == 4u);
  BOOST_TEST(notice_span.end_node == context.node);
  BOOST_TEST(notice_span.end_clock == context.clock_number);
  BOOST_TEST(to_ns(out.launched.all()[1].intended) == notice_span.end_ns);
}

BOOST_AUTO_TEST_CASE(a_sample_flies_until_it_has_ended_at_every_sink) {
  make(2, 1h);
  start();
  BOOST_REQUIRE(out.launched.wait_for(2));
  notice(0, at_arm);
  notice(0, at_screen); // the log is still missing
  // The other place turns over five times; the first would be free for a third if it were let go.
  for (std::uint64_t seq = 1; seq < 6; ++seq) {
    land(seq);
    BOOST_REQUIRE(out.launched.wait_for(seq + 2));
  }
  BOOST_TEST(out.most() == 2u);
  out.landed(0);
  notice(0, at_log);
  BOOST_REQUIRE(out.launched.wait_for(8));
  loop->stop();
  const auto notices = spans_of(taken(), step::notice);
  BOOST_TEST(notices.back().trace == trace_id(0, 0).number());
}

BOOST_AUTO_TEST_CASE(an_end_that_is_told_twice_counts_once) {
  make(2, 1h);
  start();
  BOOST_REQUIRE(out.launched.wait_for(2));
  notice(0, at_log);
  notice(0, at_log); // a detector with two outputs, say
  notice(0, at_arm);
  for (std::uint64_t seq = 1; seq < 4; ++seq) {
    land(seq);
    BOOST_REQUIRE(out.launched.wait_for(seq + 2));
  }
  BOOST_TEST(out.most() == 2u);
}

BOOST_AUTO_TEST_CASE(an_end_on_a_link_frees_every_sink_behind_it) {
  make(1, 1h);
  start();
  BOOST_REQUIRE(out.launched.wait_for(1));
  notice(0, on_b); // dropped on its way to the detector
  out.landed(0);
  notice(0, at_arm);
  BOOST_REQUIRE(out.launched.wait_for(2));
}

BOOST_AUTO_TEST_CASE(an_end_at_a_stage_frees_every_sink_behind_it) {
  make(1, 1h);
  start();
  BOOST_REQUIRE(out.launched.wait_for(1));
  notice(0, at_arm);
  out.landed(0);
  notice(0, at_detector); // consumed there
  BOOST_REQUIRE(out.launched.wait_for(2));
  BOOST_TEST(out.most() == 1u);
}

BOOST_AUTO_TEST_CASE(an_end_that_is_known_before_the_sensor_is_done_counts) {
  // Everything on one thread: the sample ends while it is being sent.
  make(1, 1h);
  struct instant final : outlet {
    explicit instant(fixture& f) : rig(f) {}
    void send(const sample& s, std::uint16_t, recorder&) override {
      rig.land(s.header.trace.seq());
      done.add(true);
    }
    fixture& rig;
    awaited_list<bool> done;
  } out_and_in(*this);
  source->connect({&out_and_in}, nullptr);
  start(100);
  BOOST_TEST(out_and_in.done.wait_for(100));
  loop->stop();
}

BOOST_AUTO_TEST_CASE(a_sample_that_does_not_end_in_time_is_expired) {
  make(1, 20ms);
  start(3);
  BOOST_REQUIRE(out.launched.wait_for(3));
  loop->stop();
  const auto all = taken();
  const auto expired = fates_of(all, outcome::expired);
  BOOST_REQUIRE(expired.size() >= 2u);
  for (std::size_t i = 0; i < expired.size(); ++i) {
    BOOST_TEST(expired[i].trace == trace_id(0, i).number());
    BOOST_TEST(expired[i].route == graph.whole->sensor_routes[0]);
    const auto intended = to_ns(out.launched.all()[i].intended);
    BOOST_TEST(expired[i].begin_ns - intended >= 20'000'000);
  }
  BOOST_TEST(spans_of(all, step::notice).empty());
}

BOOST_AUTO_TEST_CASE(a_notice_that_comes_too_late_frees_nothing) {
  make(1, 20ms);
  start();
  BOOST_REQUIRE(out.launched.wait_for(2)); // so the first has expired
  notice(0, graph.whole->sensor_routes[0]);
  BOOST_REQUIRE(out.launched.wait_for(3));
  loop->stop();
  const auto all = taken();
  BOOST_TEST(spans_of(all, step::notice).empty());
  BOOST_TEST(fates_of(all, outcome::expired).size() >= 2u);
}

BOOST_AUTO_TEST_CASE(a_sensor_that_fails_pauses_before_it_is_asked_again) {
  make(1, 1h, []() -> result<std::optional<payload>> { return error{errc::io, "no picture"}; });
  start(5);
  await_end();
  loop->stop();
  const auto slots = of_kind(taken(), record_kind::sample);
  BOOST_REQUIRE_EQUAL(slots.size(), 5u);
  for (std::size_t i = 1; i < slots.size(); ++i)
    BOOST_TEST(slots[i].begin_ns - slots[i - 1].begin_ns >= 10'000'000);
  BOOST_TEST(source->failed() == 5u);
  BOOST_TEST(watcher.seen.size() == 5u);
}

BOOST_AUTO_TEST_CASE(the_loop_ends_with_its_sensor) {
  int left = 3;
  make(1, 1h, [&]() -> result<std::optional<payload>> {
    if (left-- == 0)
      return std::optional<payload>{};
    return picture();
  });
  start();
  for (std::uint64_t seq = 0; seq < 3; ++seq) {
    BOOST_REQUIRE(out.launched.wait_for(seq + 1));
    land(seq);
  }
  await_end();
  BOOST_TEST(source->intended() == 3u);
}

BOOST_AUTO_TEST_CASE(the_loop_ends_with_its_samples) {
  make(2, 1h);
  start(4);
  for (std::uint64_t seq = 0; seq < 4; ++seq) {
    BOOST_REQUIRE(out.launched.wait_for(seq + 1));
    land(seq);
  }
  await_end();
  BOOST_TEST(source->intended() == 4u);
}

BOOST_AUTO_TEST_CASE(the_loop_ends_with_its_window_although_samples_fly) {
  make(1, 1h);
  start(UINT64_MAX, clock.now() + 30ms);
  await_end();
  BOOST_TEST(source->intended() <= 1u);
}

BOOST_AUTO_TEST_CASE(stopping_ends_a_wait_for_a_sample_that_never_ends) {
  make(1, 1h);
  start();
  BOOST_REQUIRE(out.launched.wait_for(1));
  loop->stop();
  BOOST_TEST(loop->finished());
  loop->stop();
}

BOOST_AUTO_TEST_CASE(time_outs_follow_the_node_s_clock) {
  // A clock that runs 10 % fast and is below zero however long the machine has been up: waits are
  // computed on it, slept on the machine's.
  engine_rig node(peernet::clock(clock_error{.offset = -100'000h, .drift_ppm = 1e5}));
  sensor_source slow({.name = "camera", .copy = 0}, std::make_unique<scripted_sensor>(picture), 0,
                     graph.whole->sensor_routes[0], node.context);
  slow.connect({&out}, nullptr);
  auto config = graph.what->sensors[0];
  config.timeout = 10ms;
  closed_loop own(slow, config, *graph.whole);
  const auto now = node.clock.now();
  own.start({.start = now, .measured = now, .samples = 3});
  BOOST_TEST(out.launched.wait_for(3));
  own.stop();
  for (const auto& r : fates_of(node.taken(), outcome::expired))
    BOOST_TEST(r.begin_ns - to_ns(now) >= 10'000'000);
}

BOOST_AUTO_TEST_CASE(notices_from_many_threads_keep_the_books_right) {
  make(8, 1h);
  start();
  constexpr std::uint64_t count = 2000;
  std::atomic<std::uint64_t> next{0};
  {
    std::vector<std::jthread> nodes;
    for (int i = 0; i < 3; ++i)
      nodes.emplace_back([&] {
        for (auto seq = next++; seq < count && out.launched.wait_for(seq + 1); seq = next++)
          land(seq);
      });
  }
  BOOST_TEST(out.launched.wait_for(count + 1));
  loop->stop();
  BOOST_TEST(out.most() <= 8u);
  BOOST_TEST(spans_of(taken(), step::notice).size() >= count - 8);
}

BOOST_AUTO_TEST_CASE(a_place_that_a_loss_freed_stays_empty_for_a_moment) {
  make(2, 1h);
  start();
  constexpr std::uint64_t count = 20;
  for (std::uint64_t seq = 0; seq < count; ++seq) {
    BOOST_REQUIRE(out.launched.wait_for(seq + 1));
    out.landed(seq);
    loop->notice({.trace = trace_id{0, seq},
                  .route = graph.whole->sensor_routes[0],
                  .when = clock.now(),
                  .node = 9,
                  .clock = 4,
                  .lost = true});
  }
  loop->stop();
  const auto launched = out.launched.all();
  for (std::size_t i = 2; i < launched.size(); ++i) { // the first two fill the loop
    BOOST_TEST(to_ns(launched[i].intended) - to_ns(launched[i - 2].intended) >= 1'000'000);
    if (i > 2)
      BOOST_TEST(to_ns(launched[i].intended) - to_ns(launched[i - 1].intended) >= 100'000);
  }
}

BOOST_AUTO_TEST_SUITE_END()

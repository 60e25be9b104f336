// SPDX-License-Identifier: MIT
#include "runtime/core/clock.hpp"
#include "runtime/core/thread.hpp"
#include "tests/support/deadline.hpp"
#include "transports/impairment/delay_line.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <vector>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

/// A line whose thread keeps what it lets out, and when.
class running_line {
public:
  struct let_out {
    delayed_frame f;
    stamp at;
  };

  explicit running_line(impairment what, bool reliable = false)
      : sut({.what = what, .reliable = reliable}, "uplink", 0) {}

  void run() {
    thread_ = start_thread("impair test", [this](const std::stop_token& stop) {
      sut.run(
          stop, [this] { return feed(); },
          [this](delayed_frame& f) {
            {
              const std::lock_guard lock(mutex_);
              out_.push_back({f, clock::machine_now()});
            }
            changed_.notify_all();
          });
    });
  }
  void stop() {
    thread_.request_stop();
    thread_.join();
  }

  passage enter(std::uint64_t n, std::string_view text = "body") {
    return sut.enter({.header = {.trace = trace_id(1, n)}, .body = payload::copy_of(text)},
                     text.size(), stamp_from_ns(static_cast<std::int64_t>(n)));
  }
  /// What was let out, once it is `n` frames.
  std::vector<let_out> wait_for(std::size_t n) {
    std::unique_lock lock(mutex_);
    BOOST_REQUIRE(changed_.wait_for(lock, test_deadline, [&] { return out_.size() >= n; }));
    return out_;
  }

  delay_line sut;
  std::function<stamp()> feed = [] { return stamp::max(); };

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<let_out> out_;
  std::jthread thread_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(delay_line_test)

BOOST_AUTO_TEST_CASE(nothing_comes_out_before_it_is_due_and_what_is_due_first_comes_first) {
  for (const bool spin : {false, true}) {
    running_line l({.delay = 4ms, .jitter = 2ms, .spin = spin});
    for (std::uint64_t n = 0; n < 50; ++n)
      BOOST_TEST((l.enter(n).how == passage::kind::carried));
    l.run();
    for (std::uint64_t n = 50; n < 100; ++n)
      (void)l.enter(n);
    const auto out = l.wait_for(100);
    l.stop();
    BOOST_TEST(l.sut.size() == 0u);
    for (const auto& [f, at] : out) {
      BOOST_REQUIRE((at >= f.due && f.due >= f.entered));
      BOOST_REQUIRE(f.frame.header.trace.seq() == f.sequence);
      BOOST_REQUIRE(to_ns(f.since) == static_cast<std::int64_t>(f.sequence));
    }
    for (std::size_t i = 1; i < 50; ++i) // of those that were all there when it began
      if (out[i].f.sequence < 50 && out[i - 1].f.sequence < 50)
        BOOST_TEST((out[i].f.due >= out[i - 1].f.due));
  }
}

BOOST_AUTO_TEST_CASE(a_frame_that_is_due_earlier_than_all_others_wakes_the_thread) {
  running_line l({.delay = 1h, .reorder = 0.5, .reorder_by = 1h});
  std::atomic<bool> asked = false;
  l.feed = [&] {
    asked = true;
    asked.notify_all();
    return stamp::max();
  };
  l.run();
  asked.wait(false);
  asked = false;
  (void)l.enter(0); // it waits for nothing: without being woken it would never look again
  asked.wait(false);
  l.stop();
  BOOST_TEST(l.sut.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_copy_comes_right_behind_and_whole) {
  running_line l({.delay = 1ms, .duplicate = 1, .corrupt = 1});
  (void)l.enter(0);
  (void)l.enter(1);
  l.run();
  const auto out = l.wait_for(4);
  l.stop();
  for (std::size_t i = 0; i < 4; i += 2) {
    BOOST_TEST((!out[i].f.copy && out[i + 1].f.copy));
    BOOST_TEST((out[i].f.corrupted && !out[i + 1].f.corrupted));
    BOOST_TEST(out[i].f.sequence == i / 2);
    BOOST_TEST((out[i + 1].f.sequence == i / 2 && out[i + 1].f.due == out[i].f.due));
  }
}

BOOST_AUTO_TEST_CASE(what_is_lost_never_comes_in) {
  running_line l({.loss = 1});
  for (std::uint64_t n = 0; n < 10; ++n)
    BOOST_TEST((l.enter(n).how == passage::kind::lost && l.sut.size() == 0));
  BOOST_TEST(l.sut.counts().lost == 10u);
}

BOOST_AUTO_TEST_CASE(what_is_under_way_is_bounded_in_number_and_in_bytes) {
  running_line l({.delay = 1h});
  std::uint64_t n = 0;
  while (l.enter(n).how == passage::kind::carried && n < 2 * delay_line::most_frames)
    ++n;
  BOOST_TEST(n + 2 > delay_line::most_frames);
  BOOST_TEST(l.sut.size() <= delay_line::most_frames);
  BOOST_TEST((l.enter(n).due == stamp::max()));

  running_line wide({.delay = 1h});
  const auto large = payload::copy_of(std::string(32u << 20, 'x'));
  std::size_t taken = 0;
  while (wide.sut.enter({.header = {}, .body = large}, large.size(), {}).how ==
             passage::kind::carried &&
         taken < 1000)
    ++taken;
  BOOST_TEST(taken == delay_line::most_bytes / large.size() + 1);
}

BOOST_AUTO_TEST_CASE(who_feeds_it_is_asked_again_when_he_wanted_and_when_woken) {
  running_line l({.delay = 1ms});
  std::atomic<int> asked = 0;
  l.feed = [&] {
    const auto n = ++asked;
    asked.notify_all();
    return n == 1 ? clock::machine_now() + 1ms : stamp::max();
  };
  l.run();
  for (int n = asked; n < 2; n = asked)
    asked.wait(n);
  l.sut.wake();
  for (int n = asked; n < 3; n = asked)
    asked.wait(n);
  l.stop();
}

BOOST_AUTO_TEST_CASE(a_stop_is_heard_at_once_and_leaves_the_rest_inside) {
  for (const bool spin : {false, true}) {
    running_line l({.delay = 1h, .spin = spin});
    (void)l.enter(0);
    l.run();
    l.stop();
    BOOST_TEST(l.sut.size() == 1u);
  }
}

BOOST_AUTO_TEST_SUITE_END()

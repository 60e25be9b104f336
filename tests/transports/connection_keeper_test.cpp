// SPDX-License-Identifier: MIT
#include "tests/support/deadline.hpp"
#include "transports/connection_keeper.hpp"

#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <poll.h>
#include <vector>

using namespace peernet;

namespace {

/// A connection that stands and breaks as the test says.
class fake_connection {
public:
  explicit fake_connection(std::vector<bool> attempts) : attempts_(std::move(attempts)) {
    keeper.start();
  }
  ~fake_connection() { keeper.stop(); }

  void break_it() {
    {
      const std::lock_guard lock(mutex_);
      broken_ = true;
    }
    keeper.wake();
  }
  /// Waits until so many attempts were made and connections stood.
  [[nodiscard]] bool wait(std::size_t tries, std::size_t stood) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, test_deadline,
                             [&] { return tries_ >= tries && stood_ >= stood; });
  }

  connection_keeper keeper{{.thread = "test",
                            .to = "somewhere:1",
                            .make = [this] { return make(); },
                            .hold = [this] { return hold(); }}};

private:
  /// As told for the first attempts; every further one fails.
  result<void> make() {
    const std::lock_guard lock(mutex_);
    const auto ok = tries_ < attempts_.size() && attempts_[tries_];
    ++tries_;
    changed_.notify_all();
    return ok ? result<void>{} : error{errc::io, "attempt " + std::to_string(tries_)};
  }
  std::string hold() {
    {
      const std::lock_guard lock(mutex_);
      ++stood_;
      changed_.notify_all();
    }
    while (!keeper.stopping()) {
      pollfd bell{keeper.bell().fd(), POLLIN, 0};
      ::poll(&bell, 1, -1);
      keeper.bell().silence();
      const std::lock_guard lock(mutex_);
      if (std::exchange(broken_, false))
        return "it broke";
    }
    return "over";
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::vector<bool> attempts_;
  std::size_t tries_ = 0, stood_ = 0;
  bool broken_ = false;
};

} // namespace

BOOST_AUTO_TEST_SUITE(connection_keeper_test)

BOOST_AUTO_TEST_CASE(attempts_go_on_until_one_succeeds_and_none_was_an_outage) {
  fake_connection c({false, false, false, true});
  BOOST_REQUIRE(c.wait(4, 1));
  BOOST_TEST(!c.keeper.take_outage());
  BOOST_TEST(c.keeper.reconnects() == 0u);
}

BOOST_AUTO_TEST_CASE(an_outage_is_told_once_with_whom_and_why_however_long_it_lasts) {
  fake_connection c({true, false, false, true});
  BOOST_REQUIRE(c.wait(1, 1));
  c.break_it();
  BOOST_REQUIRE(c.wait(4, 2));
  BOOST_TEST(c.keeper.take_outage().value_or("none") == "somewhere:1: it broke");
  BOOST_TEST(!c.keeper.take_outage());
  BOOST_TEST(c.keeper.reconnects() == 1u);
  c.break_it();
  BOOST_REQUIRE(c.wait(6, 2));
  BOOST_TEST(c.keeper.take_outage().value_or("none") == "somewhere:1: it broke");
}

BOOST_AUTO_TEST_CASE(who_never_stood_says_why_too) {
  fake_connection c({});
  BOOST_REQUIRE(c.wait(3, 0));
  BOOST_TEST(c.keeper.take_outage().value_or("none") == "somewhere:1: attempt 1");
  BOOST_TEST(!c.keeper.take_outage());
}

BOOST_AUTO_TEST_CASE(the_end_of_a_run_is_no_outage) {
  fake_connection c({true});
  BOOST_REQUIRE(c.wait(1, 1));
  c.keeper.stop();
  c.keeper.stop();
  BOOST_TEST(!c.keeper.take_outage());
}

BOOST_AUTO_TEST_SUITE_END()

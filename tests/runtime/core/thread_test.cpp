// SPDX-License-Identifier: MIT
#include "runtime/core/thread.hpp"

#include <boost/test/unit_test.hpp>

#include <future>
#include <pthread.h>
#include <stop_token>
#include <string>
#include <sys/prctl.h>
#include <utility>

using namespace peernet;

namespace {

struct look {
  std::string name;
  int slack_ns;
};

look at_this_thread() {
  char name[16] = {};
  ::pthread_getname_np(::pthread_self(), name, sizeof name);
  return {name, ::prctl(PR_GET_TIMERSLACK)};
}

look from_inside(const std::string& name) {
  std::promise<look> seen;
  auto answer = seen.get_future();
  const auto thread = start_thread(name, [seen = std::move(seen)](std::stop_token) mutable {
    seen.set_value(at_this_thread());
  });
  return answer.get();
}

} // namespace

BOOST_AUTO_TEST_SUITE(thread_test)

BOOST_AUTO_TEST_CASE(a_thread_carries_its_name_and_sleeps_precisely) {
  const auto seen = from_inside("camera");
  BOOST_TEST(seen.name == "camera");
  BOOST_TEST(seen.slack_ns == 1);
}

BOOST_AUTO_TEST_CASE(a_long_name_is_cut) {
  BOOST_TEST(from_inside("camera-in-front-of-the-robot").name == "camera-in-front");
}

BOOST_AUTO_TEST_CASE(dropping_the_thread_asks_it_to_stop_and_waits_for_it) {
  bool stopped = false;
  {
    const auto thread = start_thread("patient", [&](std::stop_token stop) {
      std::promise<void> asked;
      const std::stop_callback on_stop(stop, [&] { asked.set_value(); });
      asked.get_future().wait();
      stopped = true;
    });
  }
  BOOST_TEST(stopped);
}

BOOST_AUTO_TEST_SUITE_END()

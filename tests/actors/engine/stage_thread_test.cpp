// SPDX-License-Identifier: MIT
#include "actors/engine/stage_thread.hpp"
#include "tests/actors/engine/rig.hpp"

using namespace peernet;

BOOST_AUTO_TEST_SUITE(stage_thread_test)

BOOST_AUTO_TEST_CASE(a_thread_that_ends_is_waited_for) {
  stage_thread sut;
  awaited_list<bool> ended;
  sut.start("test", [&](const std::stop_token& stop) {
    while (!stop.stop_requested())
      std::this_thread::yield();
    ended.add(true);
  });
  BOOST_TEST(sut.stop(stamp::max()));
  BOOST_TEST(ended.size() == 1u);
  BOOST_TEST(sut.stop(stamp::max()));
}

BOOST_AUTO_TEST_CASE(a_thread_that_never_began_has_ended) {
  stage_thread sut;
  BOOST_TEST(sut.stop(stamp{}));
}

BOOST_AUTO_TEST_CASE(a_thread_in_a_call_is_waited_for_no_longer_than_told) {
  stage_thread sut;
  gate opened;
  awaited_list<bool> out, home;
  sut.start("test", [&](const std::stop_token&) {
    const auto came = sut.calls().go([&]() -> result<int> {
      out.add(true);
      (void)opened.pass();
      return 1;
    });
    home.add(came.has_value());
  });
  BOOST_REQUIRE(out.wait_for(1));
  BOOST_TEST(!sut.stop(stamp{}));
  BOOST_TEST(home.size() == 0u);
  opened.open();
  BOOST_TEST(sut.stop(stamp::max()));
  BOOST_TEST(!home.all().at(0)); // too late
}

BOOST_AUTO_TEST_CASE(a_thread_on_its_way_home_is_waited_for_although_it_is_late) {
  stage_thread sut;
  awaited_list<bool> began;
  sut.start("test", [&](const std::stop_token& stop) {
    began.add(true);
    while (!stop.stop_requested())
      std::this_thread::yield();
  });
  BOOST_REQUIRE(began.wait_for(1));
  BOOST_TEST(sut.stop(stamp{}));
}

BOOST_AUTO_TEST_SUITE_END()

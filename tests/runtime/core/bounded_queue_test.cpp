// SPDX-License-Identifier: MIT
#include "runtime/core/bounded_queue.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

using peernet::bounded_queue;
using peernet::overflow;

BOOST_AUTO_TEST_SUITE(bounded_queue_test)

BOOST_AUTO_TEST_CASE(gives_elements_back_in_order) {
  bounded_queue<int> sut(3, overflow::drop_newest);
  for (const int i : {1, 2, 3})
    BOOST_TEST(sut.push(i).accepted);
  BOOST_TEST(*sut.pop() == 1);
  BOOST_TEST(sut.push(4).accepted);
  for (const int i : {2, 3, 4})
    BOOST_TEST(*sut.pop() == i);
  BOOST_TEST(!sut.try_pop().has_value());
}

BOOST_AUTO_TEST_CASE(drop_oldest_hands_the_longest_waiting_back) {
  bounded_queue<int> sut(2, overflow::drop_oldest);
  (void)sut.push(1);
  (void)sut.push(2);
  const auto outcome = sut.push(3);
  BOOST_TEST(outcome.accepted);
  BOOST_TEST(*outcome.dropped == 1);
  BOOST_TEST(*sut.pop() == 2);
  BOOST_TEST(*sut.pop() == 3);
}

BOOST_AUTO_TEST_CASE(drop_newest_turns_the_new_one_away) {
  bounded_queue<int> sut(1, overflow::drop_newest);
  (void)sut.push(1);
  const auto outcome = sut.push(2);
  BOOST_TEST(!outcome.accepted);
  BOOST_TEST(*outcome.dropped == 2);
  BOOST_TEST(*sut.pop() == 1);
}

BOOST_AUTO_TEST_CASE(block_waits_for_room_and_loses_nothing) {
  bounded_queue<int> sut(1, overflow::block);
  constexpr int n = 1000;
  std::jthread producer([&] {
    for (int i = 0; i < n; ++i)
      (void)sut.push(i);
    sut.close();
  });
  int expected = 0;
  while (auto element = sut.pop())
    BOOST_REQUIRE(*element == expected++);
  BOOST_TEST(expected == n);
}

BOOST_AUTO_TEST_CASE(closing_wakes_a_blocked_producer_and_returns_its_element) {
  bounded_queue<int> sut(1, overflow::block);
  (void)sut.push(1);
  bounded_queue<int>::pushed outcome;
  std::jthread producer([&] { outcome = sut.push(2); });
  sut.close();
  producer.join();
  BOOST_TEST(outcome.closed);
  BOOST_TEST(*outcome.dropped == 2);
  BOOST_TEST(*sut.pop() == 1); // what was accepted can still be taken
  BOOST_TEST(!sut.pop().has_value());
}

BOOST_AUTO_TEST_CASE(who_waits_for_room_is_turned_away_when_blocking_ends) {
  bounded_queue<int> sut(1, overflow::block);
  (void)sut.push(1);
  bounded_queue<int>::pushed outcome;
  std::jthread producer([&] { outcome = sut.push(2); });
  sut.stop_blocking();
  producer.join();
  BOOST_TEST(!outcome.accepted);
  BOOST_TEST(outcome.closed); // it is no drop: nobody wants it any more
  BOOST_TEST(*outcome.dropped == 2);
  BOOST_TEST(*sut.pop() == 1);
  BOOST_TEST(sut.push(3).accepted); // room is room
}

BOOST_AUTO_TEST_CASE(closing_wakes_every_waiting_consumer) {
  bounded_queue<int> sut(1, overflow::block);
  std::atomic<int> ended = 0;
  {
    std::vector<std::jthread> consumers;
    for (int i = 0; i < 4; ++i)
      consumers.emplace_back([&] {
        while (sut.pop())
          ;
        ++ended;
      });
    sut.close();
  }
  BOOST_TEST(ended == 4);
}

BOOST_AUTO_TEST_CASE(a_taken_element_is_let_go_at_once) {
  bounded_queue<std::shared_ptr<int>> sut(2, overflow::drop_oldest);
  auto element = std::make_shared<int>(1);
  (void)sut.push(element);
  (void)sut.pop();
  BOOST_TEST(element.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(many_producers_and_consumers_account_for_every_element) {
  bounded_queue<int> sut(4, overflow::drop_oldest);
  constexpr int per_producer = 20'000;
  std::atomic<int> taken = 0, dropped = 0;
  {
    std::vector<std::jthread> consumers;
    for (int i = 0; i < 2; ++i)
      consumers.emplace_back([&] {
        while (sut.pop())
          ++taken;
      });
    {
      std::vector<std::jthread> producers;
      for (int i = 0; i < 3; ++i)
        producers.emplace_back([&] {
          for (int k = 0; k < per_producer; ++k)
            if (sut.push(k).dropped)
              ++dropped;
        });
    }
    sut.close();
  }
  BOOST_TEST(taken + dropped == 3 * per_producer);
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "runtime/core/spsc_ring.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdint>
#include <thread>

using peernet::spsc_ring;

BOOST_AUTO_TEST_SUITE(spsc_ring_test)

BOOST_AUTO_TEST_CASE(capacity_is_rounded_up_to_a_power_of_two) {
  BOOST_TEST(spsc_ring<int>(0).capacity() == 2u);
  BOOST_TEST(spsc_ring<int>(5).capacity() == 8u);
  BOOST_TEST(spsc_ring<int>(64).capacity() == 64u);
}

BOOST_AUTO_TEST_CASE(a_full_ring_refuses_and_keeps_what_it_has) {
  spsc_ring<int> sut(2);
  BOOST_TEST(sut.try_push(1));
  BOOST_TEST(sut.try_push(2));
  BOOST_TEST(!sut.try_push(3));
  std::array<int, 4> out{};
  BOOST_TEST(sut.pop(out) == 2u);
  BOOST_TEST(out[0] == 1);
  BOOST_TEST(out[1] == 2);
  BOOST_TEST(sut.try_push(4));
}

BOOST_AUTO_TEST_CASE(pop_takes_no_more_than_there_is_room_for) {
  spsc_ring<int> sut(8);
  for (int i = 0; i < 5; ++i)
    BOOST_TEST(sut.try_push(i));
  std::array<int, 3> out{};
  BOOST_TEST(sut.pop(out) == 3u);
  BOOST_TEST(sut.pop(out) == 2u);
  BOOST_TEST(out[1] == 4);
  BOOST_TEST(sut.pop(out) == 0u);
}

BOOST_AUTO_TEST_CASE(two_threads_pass_every_record_in_order) {
  spsc_ring<std::uint64_t> sut(64);
  constexpr std::uint64_t n = 500'000;
  std::jthread producer([&] {
    for (std::uint64_t i = 0; i < n;)
      if (sut.try_push(i))
        ++i;
      else
        std::this_thread::yield();
  });
  std::array<std::uint64_t, 32> out{};
  for (std::uint64_t expected = 0; expected < n;) {
    const auto got = sut.pop(out);
    if (got == 0)
      std::this_thread::yield();
    for (std::size_t i = 0; i < got; ++i)
      BOOST_REQUIRE(out[i] == expected++);
  }
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "actors/engine/frame_keeper.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <thread>

using namespace peernet;

namespace {

payload frame(std::uint32_t sensor, std::uint64_t seq) {
  return payload::copy_of(std::to_string(sensor) + "/" + std::to_string(seq));
}

} // namespace

BOOST_AUTO_TEST_SUITE(frame_keeper_test)

BOOST_AUTO_TEST_CASE(a_kept_frame_is_found_and_shared) {
  frame_keeper keeper(4, 0, 1);
  const auto f = frame(0, 3);
  keeper.keep(trace_id{0, 3}, f);
  const auto found = keeper.find(trace_id{0, 3});
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->data() == f.data());
}

BOOST_AUTO_TEST_CASE(what_was_never_kept_is_not_found) {
  frame_keeper keeper(4, 0, 1);
  BOOST_CHECK(!keeper.find(trace_id{0, 0}));
  keeper.keep(trace_id{0, 1}, frame(0, 1));
  BOOST_CHECK(!keeper.find(trace_id{0, 5})); // shares its slot with 1
}

BOOST_AUTO_TEST_CASE(the_last_frames_of_every_copy_are_kept) {
  constexpr std::uint32_t first = 5;
  constexpr std::uint16_t copies = 3;
  frame_keeper keeper(4, first, copies);
  for (std::uint64_t seq = 0; seq < 10; ++seq)
    for (std::uint32_t s = first; s < first + copies; ++s)
      keeper.keep(trace_id{s, seq}, frame(s, seq));
  for (std::uint32_t s = first; s < first + copies; ++s)
    for (std::uint64_t seq = 0; seq < 10; ++seq) {
      const auto found = keeper.find(trace_id{s, seq});
      BOOST_TEST(found.has_value() == (seq >= 6));
      if (found)
        BOOST_TEST(found->text() == frame(s, seq).text());
    }
}

BOOST_AUTO_TEST_CASE(one_copy_that_runs_ahead_does_not_push_out_another_s_frames) {
  frame_keeper keeper(2, 0, 2);
  keeper.keep(trace_id{1, 0}, frame(1, 0));
  for (std::uint64_t seq = 0; seq < 100; ++seq)
    keeper.keep(trace_id{0, seq}, frame(0, seq));
  BOOST_CHECK(keeper.find(trace_id{1, 0}));
}

BOOST_AUTO_TEST_CASE(other_sensors_frames_are_not_found) {
  frame_keeper keeper(4, 5, 2);
  keeper.keep(trace_id{5, 0}, frame(5, 0));
  BOOST_CHECK(!keeper.find(trace_id{4, 0}));
  BOOST_CHECK(!keeper.find(trace_id{7, 0}));
}

BOOST_AUTO_TEST_CASE(it_may_be_read_while_it_is_filled) {
  frame_keeper keeper(4, 0, 1);
  std::jthread writer([&] {
    for (std::uint64_t seq = 0; seq < 5000; ++seq)
      keeper.keep(trace_id{0, seq}, frame(0, seq));
  });
  std::size_t wrong = 0;
  for (std::uint64_t seq = 0; seq < 5000; ++seq)
    if (const auto found = keeper.find(trace_id{0, seq}))
      wrong += found->text() != frame(0, seq).text();
  BOOST_TEST(wrong == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

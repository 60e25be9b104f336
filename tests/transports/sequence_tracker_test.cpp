// SPDX-License-Identifier: MIT
#include "runtime/core/random.hpp"
#include "transports/sequence_tracker.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <initializer_list>
#include <set>

using namespace peernet;
using verdict = sequence_tracker::verdict;

namespace {

constexpr auto window = sequence_tracker::window;

/// What the tracker should say, by remembering everything.
class model {
public:
  verdict note(std::uint64_t sequence) {
    const bool first = seen_.empty();
    const auto highest = first ? 0 : *seen_.rbegin();
    if (!first && sequence <= highest &&
        (highest - sequence >= window || seen_.contains(sequence))) {
      ++duplicates;
      return verdict::duplicate;
    }
    seen_.insert(sequence);
    if (first || sequence > highest)
      return verdict::in_order;
    ++reordered;
    return verdict::reordered;
  }

  [[nodiscard]] std::uint64_t unique() const { return seen_.size(); }
  [[nodiscard]] std::uint64_t highest() const { return *seen_.rbegin(); }
  std::uint64_t duplicates = 0, reordered = 0;

private:
  std::set<std::uint64_t> seen_;
};

/// Feeds both the same numbers and compares every answer.
class twins {
public:
  void note(std::uint64_t sequence) {
    const auto expected = model_.note(sequence);
    BOOST_REQUIRE_MESSAGE((sut_.note(sequence) == expected), "at sequence number " << sequence);
    BOOST_REQUIRE(sut_.unique() == model_.unique());
    BOOST_REQUIRE(sut_.duplicates() == model_.duplicates);
    BOOST_REQUIRE(sut_.reordered() == model_.reordered);
    BOOST_REQUIRE(sut_.highest() == model_.highest());
  }

private:
  sequence_tracker sut_;
  model model_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(sequence_tracker_test)

BOOST_AUTO_TEST_CASE(before_the_first_frame_nothing_is_counted) {
  const sequence_tracker sut;
  BOOST_TEST((sut.unique() == 0 && sut.duplicates() == 0 && sut.reordered() == 0));
  BOOST_TEST(sut.highest() == 0u);
}

BOOST_AUTO_TEST_CASE(frames_in_order_are_in_order_far_past_the_window) {
  sequence_tracker sut;
  for (std::uint64_t i = 0; i < 3 * window + 7; ++i)
    BOOST_REQUIRE((sut.note(i) == verdict::in_order));
  BOOST_TEST(sut.unique() == 3 * window + 7);
  BOOST_TEST(sut.highest() == 3 * window + 6);
  BOOST_TEST((sut.duplicates() == 0 && sut.reordered() == 0));
}

BOOST_AUTO_TEST_CASE(a_gap_is_no_reordering_and_shows_in_unique) {
  sequence_tracker sut;
  for (const std::uint64_t i : {0, 1, 5, 6})
    BOOST_TEST((sut.note(i) == verdict::in_order));
  BOOST_TEST(sut.unique() == 4u);
  BOOST_TEST(sut.highest() == 6u); // 7 were sent at least, so 3 are missing
}

BOOST_AUTO_TEST_CASE(a_late_frame_fills_its_gap_once) {
  sequence_tracker sut;
  (void)sut.note(0);
  (void)sut.note(3);
  BOOST_TEST((sut.note(1) == verdict::reordered));
  BOOST_TEST((sut.note(1) == verdict::duplicate));
  BOOST_TEST((sut.note(2) == verdict::reordered));
  BOOST_TEST((sut.note(4) == verdict::in_order));
  BOOST_TEST((sut.unique() == 5 && sut.reordered() == 2 && sut.duplicates() == 1));
}

BOOST_AUTO_TEST_CASE(a_repeated_frame_is_a_duplicate_the_first_and_the_newest_too) {
  sequence_tracker sut;
  (void)sut.note(0);
  BOOST_TEST((sut.note(0) == verdict::duplicate));
  (void)sut.note(1);
  BOOST_TEST((sut.note(1) == verdict::duplicate));
  BOOST_TEST((sut.note(0) == verdict::duplicate));
  BOOST_TEST((sut.unique() == 2 && sut.duplicates() == 3));
}

BOOST_AUTO_TEST_CASE(the_first_frame_to_come_need_not_be_the_first_sent) {
  for (const std::uint64_t first :
       {std::uint64_t{1}, window - 1, window, window + 1, 10 * window}) {
    sequence_tracker sut;
    BOOST_TEST((sut.note(first) == verdict::in_order));
    BOOST_TEST((sut.note(first) == verdict::duplicate));
    BOOST_TEST((sut.note(first - 1) == verdict::reordered));
    BOOST_TEST((sut.note(first - 1) == verdict::duplicate));
    BOOST_TEST((sut.unique() == 2 && sut.highest() == first));
  }
}

BOOST_AUTO_TEST_CASE(the_window_ends_exactly_where_it_says) {
  sequence_tracker sut;
  (void)sut.note(10);
  (void)sut.note(10 + window);
  BOOST_TEST((sut.note(11) == verdict::reordered)); // the oldest that is remembered
  BOOST_TEST((sut.note(10) == verdict::duplicate)); // truly one, and too old
  BOOST_TEST((sut.note(9) == verdict::duplicate));  // never came, but too old to tell
}

BOOST_AUTO_TEST_CASE(a_jump_forgets_what_shares_its_slots) {
  // Every jump around the window's length: a slot left over from before would call a new frame old.
  for (const auto jump : {window - 1, window, window + 1, 2 * window - 1, 2 * window, 5 * window}) {
    twins both;
    for (std::uint64_t i = 0; i < window; ++i)
      both.note(i);
    both.note(window - 1 + jump);
    for (std::uint64_t back = 1; back < window; ++back)
      both.note(window - 1 + jump - back);
  }
}

BOOST_AUTO_TEST_CASE(the_largest_number_is_a_number_like_any) {
  sequence_tracker sut;
  (void)sut.note(0);
  BOOST_TEST((sut.note(UINT64_MAX) == verdict::in_order));
  BOOST_TEST((sut.note(UINT64_MAX) == verdict::duplicate));
  BOOST_TEST((sut.note(UINT64_MAX - 1) == verdict::reordered));
  BOOST_TEST((sut.note(1) == verdict::duplicate));
  sequence_tracker other;
  BOOST_TEST((other.note(UINT64_MAX) == verdict::in_order));
}

BOOST_AUTO_TEST_CASE(it_agrees_with_one_that_remembers_everything) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    random_source random(seed);
    twins both;
    auto at = random.between(0, 2 * window);
    for (int i = 0; i < 3000; ++i) {
      switch (random.between(0, 9)) {
      case 0: // a jump ahead, sometimes past the window
        at += random.between(1, seed % 2 ? 3 * window : 50);
        both.note(at);
        break;
      case 1:
      case 2: // something old, sometimes too old
        both.note(at - std::min(at, random.between(0, seed % 2 ? window + 20 : 60)));
        break;
      default:
        both.note(++at);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

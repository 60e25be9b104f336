// SPDX-License-Identifier: MIT
#include "runtime/trace/record.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(record_test)

BOOST_AUTO_TEST_CASE(steps_and_outcomes_have_the_names_that_users_read) {
  BOOST_TEST(to_string(step::lag) == "lag");
  BOOST_TEST(to_string(step::send_queue) == "send-queue");
  BOOST_TEST(to_string(step::notice) == "notice");
  BOOST_TEST(to_string(step::user) == "user");
  BOOST_TEST(to_string(outcome::delivered) == "delivered");
  BOOST_TEST(to_string(outcome::unfinished) == "unfinished");
  BOOST_TEST(to_string(static_cast<outcome>(99)) == "unknown");
}

BOOST_AUTO_TEST_CASE(the_layout_of_a_record_stays_as_it_is_sent) {
  BOOST_TEST(offsetof(record, begin_ns) == 8u);
  BOOST_TEST(offsetof(record, route) == 32u);
  BOOST_TEST(offsetof(record, copy) == 40u);
  BOOST_TEST(offsetof(record, what) == 50u);
  BOOST_TEST(offsetof(record, kind) == 52u);
  BOOST_TEST(offsetof(record, flags) == 53u);
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "runtime/trace/recorder.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <bit>

using namespace peernet;

namespace {

sample_header header() {
  return {.trace = trace_id(1, 5),
          .route = 7,
          .output = 2,
          .warmup = true,
          .intended = stamp_from_ns(100)};
}

} // namespace

BOOST_AUTO_TEST_SUITE(recorder_test)

BOOST_AUTO_TEST_CASE(every_kind_of_record_says_what_its_call_said) {
  recorder sut(3, 4, 64);
  sut.span(header(), 9, step::infer, stamp_from_ns(10), stamp_from_ns(20));
  sut.span_from(header(), 9, step::link, 1, 2, stamp_from_ns(11), stamp_from_ns(21));
  sut.sensed(header(), 9, stamp_from_ns(110), 4096);
  sut.skipped(header(), 9, stamp_from_ns(120));
  sut.sent(header(), 9, stamp_from_ns(30), 77, 500);
  sut.fate(header(), 9, outcome::failed, stamp_from_ns(40));
  sut.value(header(), 9, 6, 2.5, stamp_from_ns(50));
  std::array<record, 16> r;
  BOOST_REQUIRE(sut.drain(r) == 8u);
  BOOST_TEST(sut.emitted() == 8u);
  for (std::size_t i = 0; i < 8; ++i)
    BOOST_TEST((r[i].trace == trace_id(1, 5).number() && r[i].route == 7 && r[i].output == 2 &&
                r[i].copy == 9 && r[i].end_node == 3 && r[i].end_clock == 4 &&
                r[i].flags == record_warmup && r[i].reserved == 0));
  BOOST_TEST((r[0].kind == record_kind::span && r[0].begin_ns == 10 && r[0].end_ns == 20 &&
              r[0].begin_node == 3 && r[0].what == static_cast<int>(step::infer)));
  BOOST_TEST((r[1].begin_node == 1 && r[1].begin_clock == 2 && r[1].begin_ns == 11));
  BOOST_TEST((r[2].kind == record_kind::sample && r[2].begin_ns == 100 && r[2].end_ns == 110 &&
              r[2].amount == 4096));
  BOOST_TEST((r[3].kind == record_kind::sample && r[3].end_ns == never_sensed));
  BOOST_TEST((r[4].kind == record_kind::fate && r[4].what == static_cast<int>(outcome::skipped)));
  BOOST_TEST((r[5].kind == record_kind::sent && r[5].end_ns == 77 && r[5].amount == 500));
  BOOST_TEST((r[6].kind == record_kind::fate && r[6].begin_ns == 40));
  BOOST_TEST((r[7].kind == record_kind::value && r[7].what == 6 &&
              std::bit_cast<double>(r[7].amount) == 2.5));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_counted) {
  recorder sut(0, 0, 4);
  for (int i = 0; i < 7; ++i)
    sut.fate(header(), 0, outcome::failed, stamp_from_ns(i));
  BOOST_TEST(sut.emitted() == 4u);
  BOOST_TEST(sut.overflowed() == 3u);
  std::array<record, 8> r;
  BOOST_TEST(sut.drain(r) == 4u);
  sut.fate(header(), 0, outcome::failed, stamp_from_ns(9));
  BOOST_TEST(sut.emitted() == 5u);
}

BOOST_AUTO_TEST_CASE(a_collector_drains_every_recorder_whatever_room_it_has) {
  record_collector sut;
  auto& a = sut.add(0, 0, 16);
  auto& b = sut.add(1, 1, 16);
  for (int i = 0; i < 10; ++i) {
    a.fate(header(), 0, outcome::failed, stamp_from_ns(i));
    b.fate(header(), 0, outcome::failed, stamp_from_ns(i));
  }
  std::array<record, 3> r;
  std::array<std::int64_t, 2> seen{};
  std::size_t all = 0;
  while (const auto n = sut.drain(r)) {
    for (std::size_t i = 0; i < n; ++i)
      BOOST_TEST(r[i].begin_ns == seen[r[i].end_node]++); // each recorder's order is kept
    all += n;
  }
  BOOST_TEST(all == 20u);
  BOOST_TEST(sut.emitted() == 20u);
  BOOST_TEST(sut.overflowed() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "tests/transports/sending_lane.hpp"
#include "transports/codecs/psnr.hpp"
#include "transports/psnr_meter.hpp"

#include <boost/test/unit_test.hpp>

#include <bit>
#include <functional>
#include <latch>
#include <stdexcept>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t value = 9, lane = 2;

payload even(int grey) {
  const format f{.kind = content::image, .channels = 1, .width = 8, .height = 4};
  return payload::copy_of(f, std::vector<std::byte>(image_bytes(f), static_cast<std::byte>(grey)));
}

/// Decodes as it is told.
struct told_codec final : codec {
  explicit told_codec(std::function<result<payload>(const payload&)> how) : how_(std::move(how)) {}
  result<payload> encode(const payload& p) override { return p; }
  result<payload> decode(const payload& p) override { return how_(p); }

private:
  std::function<result<payload>(const payload&)> how_;
};

struct psnr_meter_fixture {
  measured_node node;

  std::unique_ptr<psnr_meter> make(std::function<result<payload>(const payload&)> how =
                                       [](const payload& p) { return p; }) {
    return std::make_unique<psnr_meter>("uplink", value, node.context(),
                                        std::make_unique<told_codec>(std::move(how)));
  }
  static sample_header nth(std::uint64_t n) { return {.trace = trace_id(1, n), .route = 15}; }
  static stamp soon() { return clock::machine_now() + test_deadline; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(psnr_meter_test, psnr_meter_fixture)

BOOST_AUTO_TEST_CASE(what_comes_out_is_compared_with_what_went_in) {
  const auto sut = make();
  sut->offer(nth(0), lane, even(100), even(100));
  sut->offer(nth(1), lane, even(100), even(105));
  sut->finish(soon());
  const auto figures = only(node.recorded(), record_kind::value, value);
  BOOST_REQUIRE(figures.size() == 2u);
  BOOST_TEST(std::bit_cast<double>(figures[0].amount) == most_psnr);
  BOOST_TEST(std::bit_cast<double>(figures[1].amount) == psnr(even(100), even(105)).value());
  for (std::uint64_t n = 0; n < 2; ++n) {
    BOOST_TEST(figures[n].trace == trace_id(1, n).number());
    BOOST_TEST((figures[n].route == 15u && figures[n].copy == lane));
    BOOST_TEST((figures[n].begin_node == measured_node::number &&
                figures[n].begin_clock == measured_node::clock_number));
  }
  BOOST_TEST(sut->skipped() == 0u);
  BOOST_TEST(node.events.take().first.empty());
}

BOOST_AUTO_TEST_CASE(a_lane_offers_what_it_was_given_and_what_it_sent) {
  const auto sut = make([](const payload& p) { // the lane's codec writes a number in front
    return payload(p.what(), p.bytes().subspan(1), p.owner());
  });
  {
    sending_lane l({}, 1, {}, sut.get());
    l.channel->make_room(fake_outgoing::endless);
    const format grey{.kind = content::image, .channels = 1, .width = 2, .height = 2};
    auto s = l.nth(3);
    const auto pixels = payload::copy_of("abcd");
    s.body = payload(grey, pixels.bytes(), pixels.owner());
    l.sut->send(s, 0, l.node.by);
    l.send(4, "spoilt"); // nothing came of it to compare
  }
  sut->finish(soon());
  const auto figures = only(node.recorded(), record_kind::value, value);
  BOOST_REQUIRE(figures.size() == 1u);
  BOOST_TEST(std::bit_cast<double>(figures[0].amount) == most_psnr);
  BOOST_TEST(figures[0].trace == trace_id(1, 3).number());
  BOOST_TEST((figures[0].route == sending_lane::route && figures[0].copy == sending_lane::number));
}

BOOST_AUTO_TEST_CASE(who_is_busy_skips_and_says_so_in_the_end) {
  std::latch begun(1), go_on(1);
  const auto sut = make([&](const payload& p) {
    if (!begun.try_wait()) {
      begun.count_down();
      go_on.wait();
    }
    return p;
  });
  sut->offer(nth(0), lane, even(1), even(1));
  begun.wait(); // the thread is out with the first: from now on pictures wait
  for (std::uint64_t n = 1; n <= psnr_meter::most_waiting + 3; ++n)
    sut->offer(nth(n), lane, even(1), even(1));
  BOOST_TEST(sut->skipped() == 3u);
  go_on.count_down();
  sut->finish(soon());
  BOOST_TEST(only(node.recorded(), record_kind::value, value).size() ==
             psnr_meter::most_waiting + 1);
  const auto events = node.events.take().first;
  BOOST_REQUIRE(events.size() == 1u);
  BOOST_TEST(events[0].what == "psnr skipped");
  BOOST_TEST(events[0].detail ==
             "3 of 8 samples of link uplink were not measured for want of time");
}

BOOST_AUTO_TEST_CASE(the_end_of_a_run_is_not_waited_for) {
  std::latch begun(1), go_on(1);
  const auto sut = make([&](const payload& p) {
    begun.count_down(); // once: no other is decoded
    go_on.wait();
    return p;
  });
  sut->offer(nth(0), lane, even(1), even(1));
  begun.wait();
  sut->offer(nth(1), lane, even(1), even(1));
  sut->offer(nth(2), lane, even(1), even(1));
  const auto past = clock::machine_now() - 1s;
  sut->request_finish(past);
  sut->offer(nth(3), lane, even(1), even(1));
  go_on.count_down();
  sut->finish(past);
  BOOST_TEST(only(node.recorded(), record_kind::value, value).size() == 1u);
  BOOST_TEST(sut->skipped() == 3u);
}

BOOST_AUTO_TEST_CASE(what_is_no_picture_or_does_not_decode_has_no_figure_and_a_reason) {
  int calls = 0;
  const auto sut = make([&](const payload& p) -> result<payload> {
    if (++calls == 2)
      return error{errc::corrupt, "broken"};
    if (calls == 3)
      throw std::runtime_error("thrown");
    return p;
  });
  for (const auto& p : {payload::copy_of("text"), even(1), even(1)})
    sut->offer(nth(0), lane, p, p);
  sut->finish(soon());
  sut->finish(soon()); // says nothing again
  BOOST_TEST(only(node.recorded(), record_kind::value, value).empty());
  const auto events = node.events.take().first;
  BOOST_REQUIRE(events.size() == 1u);
  BOOST_TEST(events[0].what == "no psnr");
  BOOST_TEST(events[0].detail.starts_with("3 of 3 samples of link uplink have none: there are no "
                                          "two 8-bit images"),
             events[0].detail);
  BOOST_TEST(sut->skipped() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

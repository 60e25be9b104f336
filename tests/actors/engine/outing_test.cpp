// SPDX-License-Identifier: MIT
#include "actors/engine/outing.hpp"
#include "tests/actors/engine/rig.hpp"

#include <stdexcept>
#include <thread>

using namespace peernet;

namespace {

result<int> one() {
  return 1;
}

} // namespace

BOOST_AUTO_TEST_SUITE(outing_test)

BOOST_AUTO_TEST_CASE(a_call_gives_what_it_returns) {
  outing sut;
  const auto came = sut.go(one);
  BOOST_REQUIRE(came.has_value());
  BOOST_TEST(came->value() == 1);
  const auto thrown = sut.go([]() -> result<int> { throw std::runtime_error("oops"); });
  BOOST_REQUIRE(thrown.has_value());
  BOOST_TEST(thrown->error().message == "oops");
}

BOOST_AUTO_TEST_CASE(nobody_is_given_up_at_home) {
  outing sut;
  BOOST_TEST(!sut.give_up());
  BOOST_TEST(sut.go(one).has_value());
  BOOST_TEST(!sut.give_up());
}

BOOST_AUTO_TEST_CASE(who_was_given_up_never_comes_home) {
  outing sut;
  gate opened;
  awaited_list<bool> out;
  bool came = true, worked = false;
  std::jthread measured([&] {
    came = sut.go([&]() -> result<int> {
                out.add(true);
                (void)opened.pass();
                sut.at_home([&] { worked = true; });
                return 1;
              })
               .has_value();
  });
  BOOST_REQUIRE(out.wait_for(1));
  BOOST_TEST(sut.give_up());
  BOOST_TEST(sut.give_up()); // it stays so
  opened.open();
  measured.join();
  BOOST_TEST(!came);
  BOOST_TEST(!worked);
  BOOST_TEST(!sut.go(one).has_value());
}

BOOST_AUTO_TEST_CASE(a_figure_is_recorded_at_home) {
  outing sut;
  bool given_up_inside = true, worked = false;
  const auto came = sut.go([&]() -> result<int> {
    sut.at_home([&] {
      worked = true;
      given_up_inside = sut.give_up();
    });
    return 1;
  });
  BOOST_TEST(worked);
  BOOST_TEST(!given_up_inside);
  BOOST_TEST(came.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "tests/support/skip.hpp"
#include "transports/packets/network_namespace.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <sys/resource.h>

using namespace peernet;

namespace {

std::string network_here() {
  return std::filesystem::read_symlink("/proc/thread-self/ns/net").string();
}

} // namespace

BOOST_AUTO_TEST_SUITE(network_namespace_test)

BOOST_AUTO_TEST_CASE(it_is_another_network_and_only_the_task_is_inside) {
  const auto made = network_namespace::make();
  if (!made)
    return skip_test(made.error().message);
  const auto before = network_here();
  std::string inside;
  const auto done = made->run_inside([&]() -> result<void> {
    inside = network_here();
    return {};
  });
  BOOST_TEST(done.ok());
  BOOST_TEST(!inside.empty());
  BOOST_TEST(inside != before);
  BOOST_TEST(network_here() == before);
}

BOOST_AUTO_TEST_CASE(what_a_task_inside_fails_with_is_told) {
  const auto made = network_namespace::make();
  if (!made)
    return skip_test(made.error().message);
  const auto done = made->run_inside([]() -> result<void> { return error{errc::io, "alas"}; });
  BOOST_REQUIRE(!done.ok());
  BOOST_TEST(done.error().message == "alas");
}

BOOST_AUTO_TEST_CASE(a_limit_of_the_machine_is_not_blamed_on_missing_rights) {
  if (const auto made = network_namespace::make(); !made)
    return skip_test(made.error().message);
  rlimit limit{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const auto full = rlimit{.rlim_cur = 0, .rlim_max = limit.rlim_max};
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &full) == 0);
  const auto made = network_namespace::make();
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  BOOST_REQUIRE(!made.ok());
  BOOST_TEST((made.error().code == errc::io));
  BOOST_TEST(made.error().message ==
             "cannot make a network of its own for a node: Too many open files");
}

BOOST_AUTO_TEST_CASE(who_goes_in_finds_the_way_back) {
  const auto made = network_namespace::make();
  if (!made)
    return skip_test(made.error().message);
  const auto before = network_here();
  const auto own = network_namespace::current();
  BOOST_REQUIRE(own.ok());
  BOOST_TEST(made->enter().ok());
  BOOST_TEST(network_here() != before);
  BOOST_TEST(own->enter().ok());
  BOOST_TEST(network_here() == before);
}

BOOST_AUTO_TEST_SUITE_END()

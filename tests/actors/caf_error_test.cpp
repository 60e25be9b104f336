// SPDX-License-Identifier: MIT
#include "actors/caf_error.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(caf_error_test)

BOOST_AUTO_TEST_CASE(every_kind_of_error_comes_back_as_it_went) {
  for (auto n = static_cast<int>(errc::internal); n <= static_cast<int>(errc::too_large); ++n) {
    const error sent{static_cast<errc>(n), "links.uplink: no route, \"quoted\" and ü"};
    const auto came = from_caf(to_caf(sent));
    BOOST_CHECK(came.code == sent.code);
    BOOST_TEST(came.message == sent.message);
  }
}

BOOST_AUTO_TEST_CASE(an_error_is_an_error_to_caf) {
  BOOST_TEST(static_cast<bool>(to_caf({errc::internal, ""})));
  BOOST_TEST(from_caf(to_caf({errc::internal, ""})).message == "");
}

BOOST_AUTO_TEST_CASE(caf_s_own_errors_are_put_in_our_terms) {
  BOOST_CHECK(from_caf(caf::sec::request_timeout).code == errc::timeout);
  BOOST_CHECK(from_caf(caf::sec::request_receiver_down).code == errc::node_lost);
  BOOST_CHECK(from_caf(caf::exit_reason::remote_link_unreachable).code == errc::node_lost);
  const auto other = from_caf(caf::sec::unexpected_message);
  BOOST_CHECK(other.code == errc::internal);
  BOOST_TEST(other.message.find("unexpected_message") != std::string::npos, other.message);
}

BOOST_AUTO_TEST_CASE(a_strange_context_does_not_matter) {
  const caf::error odd(static_cast<std::uint8_t>(errc::io), caf::atom("peernet"),
                       caf::make_message(42));
  BOOST_CHECK(from_caf(odd).code == errc::io);
  BOOST_TEST(from_caf(odd).message == "");
}

BOOST_AUTO_TEST_SUITE_END()

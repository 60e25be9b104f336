// SPDX-License-Identifier: MIT
#include "runtime/config/impairment.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <string>

using namespace peernet;

namespace {

constexpr std::array profiles{impair_profile::lan, impair_profile::wifi, impair_profile::lte,
                              impair_profile::five_g, impair_profile::satellite};

} // namespace

BOOST_AUTO_TEST_SUITE(impairment_test)

BOOST_AUTO_TEST_CASE(a_profile_names_itself_keeps_order_and_delays) {
  for (const auto p : profiles) {
    const auto i = impairment_of(p);
    BOOST_TEST((i.profile == p && i.level == impair_level::sample));
    BOOST_TEST(i.keep_order);
    BOOST_TEST((i.delay.count() > 0 && i.jitter.count() > 0));
    BOOST_TEST((i.rate > 0) == (i.buffer > 0));
  }
}

BOOST_AUTO_TEST_CASE(only_what_a_retransmitting_channel_never_shows_spoils_samples) {
  impairment i{.delay = std::chrono::milliseconds{1}, .rate = 1e6, .buffer = 1};
  BOOST_TEST(!spoils_samples(i));
  BOOST_TEST(!spoils_samples(impairment_of(impair_profile::lan)));
  for (auto* share : {&i.loss, &i.duplicate, &i.reorder, &i.corrupt}) {
    *share = 0.1;
    BOOST_TEST(spoils_samples(i));
    *share = 0;
  }
  i.bursts = burst_loss{0.1, 0.1, 1};
  BOOST_TEST(spoils_samples(i));
}

BOOST_AUTO_TEST_CASE(the_page_with_the_sources_has_every_profile) {
  std::ifstream file(PEERNET_SOURCE_DIR "/transports/impairment/README.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  for (const auto* name : {"`lan`", "`wifi`", "`lte`", "`5g`", "`satellite`"})
    BOOST_TEST(page.find(name) != std::string::npos, name);
}

BOOST_AUTO_TEST_SUITE_END()

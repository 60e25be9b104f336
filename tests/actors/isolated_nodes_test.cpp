// SPDX-License-Identifier: MIT
#include "actors/isolated_nodes.hpp"
#include "runtime/config/reader.hpp"
#include "tests/runtime/config/base_scenario.hpp"
#include "tests/support/skip.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

using namespace peernet;

namespace {

const std::string up_at_packet_level = "links.uplink.impair={ level = \"packet\", loss = \"1%\" }";

struct rig {
  explicit rig(const std::vector<std::string>& overrides)
      : what(read_right(base_text, overrides)), whole(*make_plan(what)) {
    auto made = isolated_nodes::make(what, whole, catalogue::builtin());
    if (made)
      sut = std::move(*made);
    else
      skip_test(made.error().message);
  }
  /// The node's address on a network; empty: none.
  [[nodiscard]] std::string address(node_id node, const std::string& network) const {
    const auto all = sut->networks(node);
    const auto at = std::ranges::find(all, network, &node_network::network);
    return at == all.end() ? "" : at->address;
  }
  const scenario what;
  const plan whole;
  std::unique_ptr<isolated_nodes> sut;
};

/// What this process holds of the kernel.
struct holdings {
  static std::ptrdiff_t count(const char* folder) {
    return std::distance(std::filesystem::directory_iterator(folder), {});
  }
  std::ptrdiff_t descriptors = count("/proc/self/fd");
  std::ptrdiff_t threads = count("/proc/self/task");
  bool operator==(const holdings&) const = default;
};

} // namespace

BOOST_AUTO_TEST_SUITE(isolated_nodes_test)

BOOST_AUTO_TEST_CASE(a_link_at_packet_level_is_a_network_and_the_others_share_a_cable) {
  const rig r({up_at_packet_level});
  if (!r.sut)
    return;
  BOOST_TEST(r.address(0, "over:uplink") == "10.64.0.1");
  BOOST_TEST(r.address(1, "over:uplink") == "10.64.0.2");
  BOOST_TEST(r.address(1, "to:robot") == "10.64.0.5"); // the downlink begins there
  BOOST_TEST(r.address(0, "to:cloud") == "10.64.0.6");
  BOOST_TEST(r.sut->networks(0).size() == 2u);
  BOOST_TEST(r.sut->networks(1).size() == 2u);
  BOOST_TEST((r.sut->home(0) && r.sut->home(1) && r.sut->home(0) != r.sut->home(1)));
  BOOST_TEST(!r.sut->home(2));
}

BOOST_AUTO_TEST_CASE(where_all_links_are_at_packet_level_there_is_no_cable) {
  const rig r({up_at_packet_level, "links.downlink.impair={ level = \"packet\" }"});
  if (!r.sut)
    return;
  BOOST_TEST(r.address(0, "over:downlink") == "10.64.0.6"); // its receiver
  BOOST_TEST(r.address(0, "to:cloud").empty());
  BOOST_TEST(r.sut->ends().size() == 2u);
}

BOOST_AUTO_TEST_CASE(every_count_is_there_from_the_beginning_under_a_name_of_its_own) {
  const rig r({up_at_packet_level});
  if (!r.sut)
    return;
  const auto ends = r.sut->ends();
  BOOST_REQUIRE(ends.size() == 1u);
  BOOST_TEST((ends[0].side == link_side::network));
  BOOST_TEST(r.whole.places[ends[0].link].name == "uplink");
  std::set<std::string> names;
  for (const auto& c : ends[0].counts) {
    names.insert(c.name);
    BOOST_TEST(c.count == 0u, c.name);
  }
  BOOST_TEST(names.size() == ends[0].counts.size());
  BOOST_TEST(names.contains("packets-entered"));
  BOOST_TEST(names.contains("back-late-p99-ns"));
}

BOOST_AUTO_TEST_CASE(neither_thread_nor_descriptor_is_left_and_no_network_lives_by_anything_else) {
  const holdings before;
  {
    const rig r({up_at_packet_level, "links.downlink.impair={ level = \"packet\" }"});
    if (!r.sut)
      return;
    const holdings meanwhile;
    BOOST_TEST(meanwhile.threads == before.threads + 2);
    BOOST_TEST(meanwhile.descriptors >= before.descriptors + 2 + 2 + 4); // networks, doors, devices
  }
  BOOST_TEST((holdings{} == before));
}

BOOST_AUTO_TEST_CASE(what_fails_midway_leaves_nothing_and_names_its_link) {
  if (!rig({up_at_packet_level}).sut)
    return;
  const holdings before;
  const auto what =
      read_right(base_text, {up_at_packet_level,
                             "links.downlink.impair={ level = \"packet\", delay=\"5ms\" }"});
  auto spoilt = what; // found out when networks and devices are there
  spoilt.links[1].impair->trace = "nowhere.csv";
  const auto made = isolated_nodes::make(spoilt, *make_plan(spoilt), catalogue::builtin());
  BOOST_REQUIRE(!made.ok());
  BOOST_TEST(made.error().message.starts_with("links.downlink.impair.trace: "),
             made.error().message);
  BOOST_TEST((holdings{} == before));
}

BOOST_AUTO_TEST_CASE(copies_of_a_stage_share_their_links_network) {
  const rig r({up_at_packet_level, "sensors.camera.count=3"});
  if (!r.sut)
    return;
  BOOST_TEST(r.sut->ends().size() == 1u);
  BOOST_TEST(r.sut->networks(0).size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

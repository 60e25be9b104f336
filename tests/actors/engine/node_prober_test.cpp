// SPDX-License-Identifier: MIT
// What a node does about clocks: where it answers, whom it asks, and what it says of those who do
// not answer.
#include "actors/engine/node_prober.hpp"
#include "tests/actors/engine/graph_run.hpp"
#include "tests/support/why.hpp"
#include "transports/security.hpp"

#include <set>

using namespace peernet;

namespace {

const std::string our_secret(run_secret_bytes, 's');

/// Robot sends to cloud by two links on one network and by one on another, to edge on the default
/// one; to nobody else, and nobody on its own node.
constexpr std::string_view star = R"([scenario]
samples = 1
[nodes.robot]
addresses = { lan = "127.0.0.2", wifi = "127.0.0.3" }
[nodes.cloud]
addresses = { lan = "127.0.0.4", wifi = "127.0.0.5" }
[nodes.edge]
[nodes.idle]
addresses = { lan = "127.0.0.6" }
[sensors.camera]
node = "robot"
type = "bytes"
size = "10B"
rate = "10Hz"
[sinks.a]
node = "cloud"
[sinks.b]
node = "cloud"
[sinks.d]
node = "cloud"
[sinks.c]
node = "edge"
[sinks.own]
node = "robot"
[links.one]
from = "camera"
to = "a"
network = "lan"
[links.two]
from = "camera"
to = "b"
network = "lan"
[links.three]
from = "camera"
to = "d"
network = "wifi"
[links.four]
from = "camera"
to = "c"
[links.inside]
from = "camera"
to = "own"
)";

constexpr node_id robot = 0, cloud = 1, edge = 2, idle = 3;
const std::vector<clock_id> clocks{4, 5, 6, 7};

udp_address must_resolve(const probe_point& at) {
  const auto address = udp_address::resolve(at.address, at.port);
  BOOST_REQUIRE(address.ok());
  return *address;
}

/// All nodes of the star, answering.
struct star_world {
  star_world() {
    for (const auto* name : {"robot", "cloud", "edge", "idle"}) {
      nodes.push_back(std::make_unique<test_node>(graph, name));
      auto made = node_prober::start(**nodes.back(), our_secret);
      BOOST_REQUIRE_MESSAGE(made.ok(), why(made));
      probers.push_back(std::move(*made));
      const auto& points = probers.back()->points();
      everywhere.insert(everywhere.end(), points.begin(), points.end());
    }
  }

  /// A burst of the robot, to its end.
  clock_news burst(int exchanges) {
    gate done;
    probers[robot]->burst(exchanges, 100us, probe_phase::before, [&] { done.open(); });
    BOOST_REQUIRE(done.pass());
    return probers[robot]->take();
  }
  /// What the robot reported since the last call: the details of unanswered probes.
  std::vector<std::string> warnings(severity how = severity::warning) {
    std::vector<std::string> details;
    for (const auto& e : (*nodes[robot])->events().take().first)
      if (e.what == "clock probes unanswered") {
        BOOST_CHECK(e.how == how);
        details.push_back(e.detail);
      }
    return details;
  }
  /// Nobody is at these points any more.
  void silence(node_id node) { probers[node].reset(); }

  read_graph graph = read_plan(star);
  std::vector<std::unique_ptr<test_node>> nodes;
  std::vector<std::unique_ptr<node_prober>> probers; // behind their graphs
  std::vector<probe_point> everywhere;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(node_prober_test, star_world)

BOOST_AUTO_TEST_CASE(a_node_answers_on_the_default_network_and_on_each_of_its_own) {
  std::set<std::pair<std::string, std::string>> places;
  for (const auto& p : probers[robot]->points()) {
    BOOST_TEST(p.node == robot);
    BOOST_TEST(p.port > 0);
    places.emplace(p.network, p.address);
  }
  const std::set<std::pair<std::string, std::string>> expected{
      {"", "127.0.0.1"}, {"lan", "127.0.0.2"}, {"wifi", "127.0.0.3"}};
  BOOST_TEST((places == expected));
  BOOST_TEST(probers[edge]->points().size() == 1u);
}

BOOST_AUTO_TEST_CASE(each_node_that_a_link_leads_to_is_asked_on_the_links_network) {
  require(probers[robot]->set_targets(clocks, everywhere));
  const auto news = burst(5);
  std::map<std::pair<node_id, std::string>, int> asked;
  for (const auto& p : news.probes) {
    ++asked[{p.answerer, p.network}];
    BOOST_TEST(p.asker == robot);
    BOOST_TEST(p.local == clocks[robot]);
    BOOST_TEST(p.remote == clocks[p.answerer]);
    BOOST_TEST(p.method == "udp");
  }
  const std::map<std::pair<node_id, std::string>, int> expected{
      {{cloud, "lan"}, 5}, {{cloud, "wifi"}, 5}, {{edge, ""}, 5}};
  BOOST_TEST((asked == expected));
  BOOST_TEST(warnings().empty());
}

BOOST_AUTO_TEST_CASE(whoever_sends_to_nobody_asks_nobody) {
  require(probers[cloud]->set_targets(clocks, everywhere));
  gate done;
  probers[cloud]->burst(5, 100us, probe_phase::before, [&] { done.open(); });
  BOOST_REQUIRE(done.pass());
  BOOST_TEST(probers[cloud]->take().probes.empty());
}

BOOST_AUTO_TEST_CASE(costs_are_told_with_what_was_learnt_and_go_on_counting) {
  require(probers[robot]->set_targets(clocks, everywhere));
  constexpr std::uint64_t datagram = 56 + 28;
  const auto first = burst(5);
  BOOST_TEST(first.bytes_sent == 3 * 5 * datagram);
  BOOST_TEST(first.cpu_ns > 0);
  const auto second = burst(5);
  BOOST_TEST(second.probes.size() == 15u); // only what is new
  BOOST_TEST(second.bytes_sent == 2 * first.bytes_sent);
  BOOST_TEST(second.cpu_ns >= first.cpu_ns);
}

BOOST_AUTO_TEST_CASE(what_probes_met_is_told_with_what_was_learnt) {
  require(probers[robot]->set_targets(clocks, everywhere));
  auto stranger = probe_socket::bind("127.0.0.1", 0);
  BOOST_REQUIRE(stranger.ok());
  for (const auto& at : everywhere)
    if (at.node == cloud && at.network == "lan")
      for (int i = 0; i < 3; ++i)
        BOOST_REQUIRE(stranger->send(std::vector<std::byte>(56), must_resolve(at)));
  static_cast<void>(burst(1)); // comes to the same socket behind the noise
  BOOST_TEST(probers[cloud]->take().mishaps.foreign == 3u);
  BOOST_TEST(probers[robot]->take().mishaps.foreign == 0u);
}

BOOST_AUTO_TEST_CASE(a_node_without_a_point_on_the_links_network_is_reported_once_and_left_out) {
  std::erase_if(everywhere,
                [](const probe_point& p) { return p.node == cloud && p.network == "wifi"; });
  require(probers[robot]->set_targets(clocks, everywhere));
  const auto said = warnings();
  BOOST_REQUIRE(said.size() == 1u);
  for (const auto* text : {"cloud", "wifi", "no address"})
    BOOST_TEST(said[0].find(text) != std::string::npos, said[0]);
  for (const auto& p : burst(2).probes)
    BOOST_TEST(p.network != "wifi");
  require(probers[robot]->set_targets(clocks, everywhere));
  probers[robot]->report_silence();
  BOOST_TEST(warnings().empty());
}

BOOST_AUTO_TEST_CASE(a_node_without_an_address_on_the_links_network_asks_from_its_default_one) {
  auto text = std::string(star);
  const std::string own = R"(addresses = { lan = "127.0.0.2", wifi = "127.0.0.3" })";
  text.erase(text.find(own), own.size());
  const auto plain = read_plan(text);
  test_node asking(plain, "robot");
  auto made = node_prober::start(*asking, our_secret);
  BOOST_REQUIRE(made.ok());
  BOOST_TEST((*made)->points().size() == 1u);
  require((*made)->set_targets(clocks, everywhere));
  gate done;
  (*made)->burst(5, 100us, probe_phase::before, [&] { done.open(); });
  BOOST_REQUIRE(done.pass());
  std::map<std::pair<node_id, std::string>, int> asked;
  for (const auto& p : (*made)->take().probes)
    ++asked[{p.answerer, p.network}];
  const std::map<std::pair<node_id, std::string>, int> expected{
      {{cloud, "lan"}, 5}, {{cloud, "wifi"}, 5}, {{edge, ""}, 5}};
  BOOST_TEST((asked == expected));
  (*made)->report_silence();
  for (const auto& e : asking->events().take().first)
    BOOST_TEST(e.what != "clock probes unanswered", e.detail);
}

BOOST_AUTO_TEST_CASE(whoever_never_answers_is_reported_once_with_its_address) {
  require(probers[robot]->set_targets(clocks, everywhere));
  probers[robot]->report_silence(); // nobody was asked yet
  BOOST_TEST(warnings().empty());
  silence(edge);
  BOOST_TEST(burst(3).probes.size() == 6u);
  probers[robot]->report_silence();
  const auto said = warnings();
  BOOST_REQUIRE(said.size() == 1u);
  const auto port = std::ranges::find(everywhere, edge, &probe_point::node)->port;
  for (const auto& text : {std::string("edge"), "127.0.0.1:" + std::to_string(port)})
    BOOST_TEST(said[0].find(text) != std::string::npos, said[0]);
  static_cast<void>(burst(3));
  probers[robot]->report_silence();
  BOOST_TEST(warnings().empty());
}

BOOST_AUTO_TEST_CASE(silence_of_a_node_on_the_same_clock_is_no_warning) {
  const std::vector<clock_id> shared{4, 5, 4, 7};
  require(probers[robot]->set_targets(shared, everywhere));
  silence(edge);
  static_cast<void>(burst(3));
  probers[robot]->report_silence();
  const auto said = warnings(severity::info);
  BOOST_REQUIRE(said.size() == 1u);
  BOOST_TEST(said[0].ends_with("(UDP); they share a clock, so that no figure depends on it"),
             said[0]);
}

BOOST_AUTO_TEST_CASE(an_address_the_machine_does_not_have_is_refused_by_name) {
  const auto elsewhere = read_plan(with(star, "127.0.0.3", "192.0.2.1"));
  test_node lost(elsewhere, "robot");
  const auto made = node_prober::start(*lost, our_secret);
  BOOST_REQUIRE(!made.ok());
  for (const auto* text : {"nodes.robot", "wifi", "192.0.2.1"})
    BOOST_TEST(made.error().message.find(text) != std::string::npos, made.error().message);
}

BOOST_AUTO_TEST_SUITE_END()

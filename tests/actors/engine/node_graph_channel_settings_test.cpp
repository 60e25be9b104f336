// SPDX-License-Identifier: MIT
// What the ends of a link are told when they are opened: where to bind, a key or none, the run.
#include "runtime/core/address.hpp"
#include "tests/actors/engine/graph_run.hpp"
#include "tests/support/skip.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/why.hpp"
#include "transports/security.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <map>
#include <net/if.h>
#include <set>

using namespace peernet;

namespace {

const std::string our_secret(run_secret_bytes, 's');

/// A transport that only notes what it is told, and gives ends that do nothing.
class noting_channel final : public channel_kind {
public:
  result<std::unique_ptr<receive_end>> bind(const channel_settings& s) override {
    struct end final : receive_end {
      explicit end(endpoint e) : at(std::move(e)) {}
      [[nodiscard]] endpoint where() const override { return at; }
      result<std::optional<incoming_frame>> receive(const peernet::clock&, duration) override {
        return error{errc::closed, "nothing comes"};
      }
      void stop() noexcept override {}
      const endpoint at;
    };
    bound[s.name] = s;
    return std::unique_ptr<receive_end>{std::make_unique<end>(
        endpoint{.node = 0, .network = "", .address = s.bind_address, .port = 7})};
  }
  result<std::unique_ptr<send_end>> connect(const channel_settings& s, const endpoint&) override {
    struct end final : send_end {
      send_status try_send(const outgoing_frame&) override { return send_status::would_block; }
      bool wait_writable(duration) override { return false; }
      void close(duration) noexcept override {}
      bool connected() override { return false; }
    };
    connected[s.name] = s;
    return std::unique_ptr<send_end>{std::make_unique<end>()};
  }

  std::map<std::string, channel_settings> bound, connected; ///< by link
};

/// An IPv4 address of this machine that others may reach; empty if it has none.
std::string outside_address() {
  ifaddrs* all = nullptr;
  std::string found;
  if (::getifaddrs(&all) != 0)
    return found;
  for (const auto* i = all; i; i = i->ifa_next) {
    char text[INET_ADDRSTRLEN] = {};
    if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET && (i->ifa_flags & IFF_UP) != 0 &&
        ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(i->ifa_addr)->sin_addr, text,
                    sizeof text) &&
        !is_loopback(text))
      found = text;
  }
  ::freeifaddrs(all);
  return found;
}

/// The chain with its nodes on two machines, bound and connected over a noting channel:
/// the coordinator reached the cloud at `cloud_at` from its own `facing_cloud`.
struct two_machines {
  explicit two_machines(const std::string& cloud_at = "10.0.0.5",
                        const std::string& facing_cloud = "10.0.0.2", bool insecure = false) {
    auto s = *graph.what;
    s.nodes[1].start = node_start::daemon;
    graph.what = std::make_shared<const scenario>(std::move(s));
    const facing paths{{1, {.remote_address = cloud_at, .local_address = facing_cloud}}};
    for (const auto* name : {"robot", "cloud"}) {
      const auto number = static_cast<node_id>(nodes.size());
      nodes.push_back(std::make_unique<test_node>(
          graph, name,
          node_graph::surroundings{.networks = resolve_networks(*graph.what, number, paths),
                                   .ports = {.first = 7500, .last = 7599},
                                   .secret = our_secret,
                                   .insecure = insecure}));
      auto& n = *nodes.back();
      register_builtin_sensors(n.types);
      register_builtin_models(n.types);
      register_builtin_sinks(n.types);
      auto channel = std::make_unique<noting_channel>();
      channels.push_back(channel.get());
      n.types.add_channel("zmq-tcp", std::move(channel));
      require(n->load());
      auto bound = n->bind({});
      BOOST_REQUIRE_MESSAGE(bound.ok(), why(bound));
      ends.insert(ends.end(), bound->begin(), bound->end());
    }
    for (auto& n : nodes)
      require((*n)->connect(ends));
  }

  /// Of a link's two ends.
  [[nodiscard]] std::set<std::string> keys(const std::string& link) const {
    std::set<std::string> all;
    for (const auto* c : channels)
      for (const auto* side : {&c->bound, &c->connected})
        if (const auto found = side->find(link); found != side->end())
          all.insert(found->second.key);
    return all;
  }

  read_graph graph = read_plan(chain_toml);
  std::vector<noting_channel*> channels; ///< of the nodes
  std::vector<std::unique_ptr<test_node>> nodes;
  std::vector<bound_end> ends;
};

} // namespace

BOOST_AUTO_TEST_SUITE(node_graph_channel_settings_test)

BOOST_AUTO_TEST_CASE(each_receiving_end_is_bound_on_the_address_that_its_sender_can_reach) {
  const two_machines r;
  const auto &up = r.channels[1]->bound.at("uplink"), &down = r.channels[0]->bound.at("downlink");
  BOOST_TEST(up.bind_address == "10.0.0.5");
  BOOST_TEST(down.bind_address == "10.0.0.2");
  BOOST_TEST((up.ports == port_range{.first = 7500, .last = 7599}));
  std::map<std::string, std::string> networks;
  for (const auto& e : r.ends)
    networks[r.graph.whole->places[e.link].name] = e.where.network;
  const std::map<std::string, std::string> expected{{"uplink", ""}, {"downlink", "to:cloud"}};
  BOOST_TEST((networks == expected));
}

BOOST_AUTO_TEST_CASE(what_leaves_the_machine_is_encrypted_with_a_key_of_its_link) {
  const two_machines r;
  const auto up = r.keys("uplink"), down = r.keys("downlink");
  BOOST_REQUIRE(up.size() == 1u); // both ends have the same
  BOOST_REQUIRE(down.size() == 1u);
  BOOST_TEST(up.begin()->size() == channel_key_bytes);
  BOOST_TEST(*up.begin() != *down.begin());
  BOOST_TEST(*up.begin() != our_secret);
}

BOOST_AUTO_TEST_CASE(what_stays_on_the_machine_is_not_encrypted) {
  const std::set<std::string> none{""};
  for (const auto* address : {"127.0.0.1", "::1"}) {
    const two_machines r(address, address);
    BOOST_TEST((r.keys("uplink") == none && r.keys("downlink") == none));
  }
  const two_machines one_way("10.0.0.5", "127.0.0.1");
  BOOST_TEST((one_way.keys("uplink") != none && one_way.keys("downlink") == none));
}

BOOST_AUTO_TEST_CASE(only_insecure_switches_encryption_off) {
  const std::set<std::string> none{""};
  const two_machines r("10.0.0.5", "10.0.0.2", true);
  BOOST_TEST((r.keys("uplink") == none && r.keys("downlink") == none));
}

BOOST_AUTO_TEST_CASE(without_a_secret_nothing_leaves_the_machine) {
  const auto g = read_plan(chain_toml);
  test_node cloud(g, "cloud", {.networks = {{.network = "", .address = "10.0.0.5"}}});
  cloud.use_builtins();
  require(cloud->load());
  const auto bound = cloud->bind({});
  BOOST_REQUIRE(!bound.ok());
  BOOST_TEST(bound.error().message.starts_with("links.uplink: there is no secret"),
             bound.error().message);
}

BOOST_AUTO_TEST_CASE(a_run_over_an_address_of_this_machine_s_own_is_encrypted_and_whole) {
  const auto own = outside_address();
  if (own.empty())
    return skip_test("this machine has no address but the loopback");
  const auto text = with(with(with(chain_toml, "[nodes.cloud]",
                                   "[nodes.cloud]\naddresses = { lan = \"" + own + "\" }"),
                              "to = \"detector\"", "to = \"detector\"\nnetwork = \"lan\""),
                         "from = \"detector\"", "from = \"detector\"\ntransport = \"zmq-ipc\"");
  const temp_folder sockets;
  test_run r(text, {.sockets = sockets.path().string(), .secret = our_secret});
  r.deploy();
  r.run(20);
  BOOST_TEST(r.arrivals()["camera->detector->actuator"] == 20);
}

BOOST_AUTO_TEST_CASE(channels_know_the_run_and_the_largest_frame_of_their_link) {
  const auto graph =
      read_plan(with(chain_toml, "to = \"detector\"",
                     "to = \"detector\"\ntransport = { type = \"udp\", max-sample = \"2MB\" }"));
  test_node cloud(graph, "cloud");
  cloud.use_builtins();
  auto channel = std::make_unique<noting_channel>();
  const auto& noted = *channel;
  cloud.types.add_channel("udp", std::move(channel));
  require(cloud->load());
  BOOST_REQUIRE(cloud->bind({.clock = reference_clock, .run = 4711, .values = {}}).ok());
  BOOST_REQUIRE(noted.bound.contains("uplink"));
  BOOST_TEST(noted.bound.at("uplink").max_frame == 2'000'000u);
  BOOST_TEST(noted.bound.at("uplink").run == 4711u);
}

BOOST_AUTO_TEST_SUITE_END()

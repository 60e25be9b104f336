// SPDX-License-Identifier: MIT
// What is said when the ends of links cannot be had, and what becomes of samples on impaired ones.
#include "runtime/core/link_value.hpp"
#include "tests/actors/engine/graph_run.hpp"

#include <map>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(node_graph_channels_test)

BOOST_AUTO_TEST_CASE(channels_that_cannot_be_opened_are_named_by_their_link) {
  struct walled_channel final : channel_kind {
    result<std::unique_ptr<receive_end>> bind(const channel_settings&) override {
      return error{errc::io, "no free port"};
    }
    result<std::unique_ptr<send_end>> connect(const channel_settings&, const endpoint&) override {
      return error{errc::io, "no route"};
    }
  };
  const auto g = read_plan(chain_toml);
  const auto prepare = [](test_node& n) {
    register_builtin_sensors(n.types);
    register_builtin_models(n.types);
    register_builtin_sinks(n.types);
    n.types.add_channel("zmq-tcp", std::make_unique<walled_channel>());
    require(n->load());
  };
  test_node cloud(g, "cloud");
  prepare(cloud);
  const auto bound = cloud->bind({});
  BOOST_REQUIRE(!bound.ok());
  BOOST_TEST(bound.error().message == "links.uplink: node cloud: no free port");

  // Without a downlink the robot has nothing to bind.
  test_node robot(read_plan(with(chain_toml, "[sinks.actuator]\nnode = \"robot\"",
                                 "[sinks.actuator]\nnode = \"cloud\"")),
                  "robot");
  prepare(robot);
  BOOST_REQUIRE(robot->bind({}).ok());
  const auto unknown = robot->connect({});
  BOOST_REQUIRE(!unknown.ok());
  BOOST_TEST(unknown.error().message.find("uplink") != std::string::npos, unknown.error().message);
  const std::vector<bound_end> ends{{.link = 3, .instance = 1, .where = {}}};
  const auto refused = robot->connect(ends);
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().message == "links.uplink: no route");
}

BOOST_AUTO_TEST_CASE(a_node_that_the_sender_cannot_reach_is_named_with_the_remedy) {
  const auto g = read_plan(chain_toml);
  test_node cloud(g, "cloud", {.networks = {}});
  cloud.use_builtins();
  require(cloud->load());
  const auto bound = cloud->bind({});
  BOOST_REQUIRE(!bound.ok());
  BOOST_TEST((bound.error().code == errc::not_found));
  BOOST_TEST(bound.error().message == "links.uplink: node cloud has no address that node robot can "
                                      "send to; add one to nodes.cloud.addresses and name it in "
                                      "links.uplink.network");
}

BOOST_AUTO_TEST_CASE(a_rehearsal_notes_what_cannot_be_bound_and_what_then_cannot_be_opened) {
  const auto g = read_plan(chain_toml);
  auto around = with_networks(g, "robot", {});
  around.rehearsal = true;
  test_node robot(g, "robot", around), cloud(g, "cloud", {.networks = {}, .rehearsal = true});
  for (auto* node : {&robot, &cloud}) {
    node->use_builtins();
    require((*node)->load());
  }
  const auto bound = cloud->bind({});
  BOOST_REQUIRE(bound.ok());
  BOOST_TEST(bound->empty());
  BOOST_REQUIRE_EQUAL(cloud->faults().size(), 1u);
  BOOST_TEST(cloud->faults()[0].key == "links.uplink");
  BOOST_CHECK(cloud->faults()[0].why.code == errc::not_found);
  const auto ends = robot->bind({});
  BOOST_REQUIRE(ends.ok());
  require(robot->connect(*ends));
  BOOST_TEST(robot->unconnected() == std::vector<std::string>{"uplink"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(links_that_do_not_stand_yet_are_named) {
  struct pending_channel final : channel_kind {
    struct end final : send_end {
      send_status try_send(const outgoing_frame&) override { return send_status::would_block; }
      bool wait_writable(duration) override { return false; }
      void close(duration) noexcept override {}
      bool connected() override { return false; }
    };
    result<std::unique_ptr<receive_end>> bind(const channel_settings&) override {
      return error{errc::io, "not here"};
    }
    result<std::unique_ptr<send_end>> connect(const channel_settings&, const endpoint&) override {
      return std::unique_ptr<send_end>{std::make_unique<end>()};
    }
  };
  test_node robot(read_plan(with(chain_toml, "[sinks.actuator]\nnode = \"robot\"",
                                 "[sinks.actuator]\nnode = \"cloud\"")),
                  "robot");
  register_builtin_sensors(robot.types);
  robot.types.add_channel("zmq-tcp", std::make_unique<pending_channel>());
  require(robot->load());
  BOOST_REQUIRE(robot->bind({}).ok());
  const std::vector<bound_end> ends{{.link = 3, .instance = 1, .where = {}}};
  require(robot->connect(ends));
  BOOST_CHECK((robot->unconnected() == std::vector<std::string>{"uplink"}));
}

BOOST_AUTO_TEST_CASE(an_impaired_link_that_may_lose_accounts_for_every_sample) {
  /// Makes zmq-tcp known by another name, under which the catalogue lets it lose.
  struct lossy_registrar final : registrar {
    explicit lossy_registrar(registrar& to) : into(to) {}
    void add_sensor(std::string, plugin_factory<sensor>) override {}
    void add_model(std::string, plugin_factory<model>) override {}
    void add_sink(std::string, plugin_factory<sink>) override {}
    void add_codec(std::string, plugin_factory<codec>) override {}
    void add_channel(std::string type, std::unique_ptr<channel_kind> kind) override {
      if (type == "zmq-tcp")
        into.add_channel("lossy", std::move(kind));
    }
    registrar& into;
  };
  constexpr std::uint64_t samples = 1000;
  catalogue known = catalogue::builtin();
  require(known.add({.kind = plugin_kind::transport, .name = "lossy", .doc = "loses samples"}));
  const auto g = read_plan(
      with(with(chain_toml, "rate = \"200Hz\"", "rate = \"2kHz\""), "to = \"detector\"",
           "to = \"detector\"\ntransport = \"lossy\"\nimpair = { delay = \"2ms\", jitter = "
           "\"1ms\", loss = \"5%\", duplicate = \"5%\", reorder = \"5%\", corrupt = \"5%\" }"),
      known);
  std::vector<std::unique_ptr<test_node>> nodes;
  std::vector<bound_end> ends;
  for (const auto* name : {"robot", "cloud"}) {
    nodes.push_back(std::make_unique<test_node>(g, name, known));
    auto& n = *nodes.back();
    n.use_builtins();
    lossy_registrar lossy(n.types);
    register_zmq_channels(lossy);
    require(n->load());
    const auto values = n->value_names();
    BOOST_TEST(std::ranges::count(values, link_value::planned_delay) == (n->self() == 0 ? 1 : 0));
    auto bound = n->bind({.clock = reference_clock, .run = 4711, .values = values});
    BOOST_REQUIRE(bound.ok());
    ends.insert(ends.end(), bound->begin(), bound->end());
  }
  for (auto& n : nodes)
    require((*n)->connect(ends));
  BOOST_REQUIRE(test_run::until([&] {
    return std::ranges::all_of(nodes, [](auto& n) { return (*n)->unconnected().empty(); });
  }));
  for (auto& n : nodes)
    n->start(samples);

  const auto figures = [&](bool final) {
    std::map<std::string, std::uint64_t> all;
    for (auto& n : nodes) {
      const auto r = n->report(final);
      all["busy"] += r.under_way + (r.sensors_finished ? 0 : 1);
      for (const auto& e : r.ends)
        if (e.link == g.whole->lanes[0].link) {
          all["sent"] += e.sent;
          all["received"] += e.received;
          all["unique"] += e.unique;
          all["duplicated"] += e.duplicated;
          all["reordered"] += e.reordered;
          all["corrupt"] += e.corrupt;
          for (const auto& c : e.counts)
            all[c.name] += c.count;
        }
    }
    return all;
  };
  // All that is not lost arrives, damaged or not: they are told apart only at the end.
  const auto out_of_the_network = [&] {
    std::uint64_t lost = 0, copies = 0;
    for (const auto& c :
         nodes[0]->operator*().senders.at(0)->lanes.at(0)->channel_counts().counts) {
      lost += c.name == "impair-lost" || c.name == "impair-overflow" ? c.count : 0;
      copies += c.name == "impair-duplicated" ? c.count : 0;
    }
    return std::pair{lost, copies};
  };
  BOOST_REQUIRE(test_run::until([&] {
    auto f = figures(false);
    const auto [lost, copies] = out_of_the_network();
    const auto& end = *nodes[1]->operator*().receivers.at(0)->ends.at(0);
    return f["busy"] == 0 && f["sent"] == samples &&
           end.received() + end.strays().corrupt == samples - lost + copies;
  }));
  std::vector<record> records;
  const auto collect = [&] {
    for (auto& n : nodes)
      n->collect(records);
  };
  const auto count = [&](outcome o) { return fates_of(records, o).size(); };
  // A queue that ran full on a busy machine is accounted for, too.
  const auto settled = [&] { return count(outcome::delivered) + count(outcome::dropped); };
  // What was received may still be on its way through the stages.
  BOOST_REQUIRE(test_run::until([&] {
    collect();
    return settled() + count(outcome::corrupt) + out_of_the_network().first == samples;
  }));
  for (auto& n : nodes)
    n->finish();
  collect();

  auto f = figures(true);
  for (const auto* happened :
       {"impair-lost", "impair-duplicated", "impair-reordered", "impair-corrupted"})
    BOOST_TEST(f[happened] > 0u, happened);
  BOOST_TEST(f["corrupt"] == f["impair-corrupted"]); // the checksum saw every one
  BOOST_TEST((f["duplicated"] > 0 && f["reordered"] > 0));
  BOOST_TEST(f["unique"] + f["duplicated"] + f["corrupt"] ==
             samples - f["impair-lost"] + f["impair-duplicated"]);

  // Each sample is sent once, and is received, or said to be damaged, or never came.
  const route_id uplink = 1;
  std::map<std::uint64_t, int> sent, received, damaged;
  for (const auto& r : of_kind(records, record_kind::sent))
    if (r.route == uplink)
      ++sent[r.trace];
  for (const auto& r : spans_of(records, step::link))
    if (r.route == uplink)
      ++received[r.trace];
  for (const auto& r : fates_of(records, outcome::corrupt))
    ++damaged[r.trace];
  BOOST_TEST(sent.size() == samples);
  BOOST_TEST(received.size() == f["unique"]);
  std::uint64_t lost = 0;
  for (const auto& [trace, times] : sent) {
    BOOST_TEST((times == 1 && received[trace] + damaged[trace] <= 1));
    lost += received[trace] + damaged[trace] == 0;
  }
  BOOST_TEST(lost == f["impair-lost"]);
  BOOST_TEST(settled() == f["unique"]);
}

BOOST_AUTO_TEST_CASE(a_trace_that_is_not_there_is_named_when_the_link_is_opened) {
  const auto g = read_plan(
      with(chain_toml, "to = \"detector\"", "to = \"detector\"\nimpair = { delay = \"1ms\" }"));
  auto s = *g.what;
  s.links[0].impair->trace = "no/such/trace.csv";
  test_node robot({std::make_shared<const scenario>(s), g.whole}, "robot");
  robot.use_builtins();
  require(robot->load());
  BOOST_REQUIRE(robot->bind({}).ok());
  const std::vector<bound_end> ends{{.link = g.whole->lanes[0].link,
                                     .instance = 1,
                                     .where = {.address = "127.0.0.1", .port = 9}}};
  const auto opened = robot->connect(ends);
  BOOST_REQUIRE(!opened.ok());
  BOOST_TEST(opened.error().message.starts_with("links.uplink.impair.trace: \""),
             opened.error().message);
}

BOOST_AUTO_TEST_CASE(what_a_channel_says_is_wrong_reaches_the_user) {
  struct troubled_channel final : channel_kind {
    struct receiving final : receive_end {
      [[nodiscard]] endpoint where() const override { return {.address = "127.0.0.1", .port = 7}; }
      result<std::optional<incoming_frame>> receive(const peernet::clock&, duration) override {
        return error{errc::closed, "nothing comes"};
      }
      void stop() noexcept override {}
      [[nodiscard]] channel_report report() const override {
        return {.bytes = {}, .counts = {}, .trouble = "its buffer is small"};
      }
    };
    struct sending final : send_end {
      send_status try_send(const outgoing_frame&) override { return send_status::would_block; }
      bool wait_writable(duration) override { return false; }
      void close(duration) noexcept override {}
      bool connected() override { return false; }
      [[nodiscard]] channel_report report() const override {
        return {.bytes = {}, .counts = {}, .trouble = "nobody answers"};
      }
    };
    result<std::unique_ptr<receive_end>> bind(const channel_settings&) override {
      return std::unique_ptr<receive_end>{std::make_unique<receiving>()};
    }
    result<std::unique_ptr<send_end>> connect(const channel_settings&, const endpoint&) override {
      return std::unique_ptr<send_end>{std::make_unique<sending>()};
    }
  };
  const auto graph = read_plan(
      with(chain_toml, "[sinks.actuator]\nnode = \"robot\"", "[sinks.actuator]\nnode = \"cloud\""));
  test_node robot(graph, "robot"), cloud(graph, "cloud");
  for (auto* n : {&robot, &cloud}) {
    register_builtin_sensors(n->types);
    register_builtin_models(n->types);
    register_builtin_sinks(n->types);
    n->types.add_channel("zmq-tcp", std::make_unique<troubled_channel>());
    require((*n)->load());
  }
  const auto ends = cloud->bind({});
  BOOST_REQUIRE(ends.ok());
  const auto told = cloud->events().take().first;
  BOOST_REQUIRE(told.size() == 1u);
  BOOST_TEST((told[0].how == severity::warning));
  BOOST_TEST(told[0].detail == "link uplink: its buffer is small");
  BOOST_REQUIRE(robot->bind({}).ok());
  require(robot->connect(*ends));
  BOOST_CHECK((robot->unconnected() == std::vector<std::string>{"uplink (nobody answers)"}));
}

BOOST_AUTO_TEST_SUITE_END()

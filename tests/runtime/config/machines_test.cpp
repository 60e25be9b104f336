// SPDX-License-Identifier: MIT
#include "runtime/config/machines.hpp"
#include "tests/runtime/config/base_scenario.hpp"

using namespace peernet;

namespace {

/// The base with these lines below [nodes.cloud], the first of them line 6.
reading with_cloud(const std::string& lines, const std::vector<std::string>& overrides = {}) {
  return read_text(base_with("[nodes.cloud]", "[nodes.cloud]\n" + lines), overrides);
}

node_config node(const std::string& name, node_start start, const std::string& host = {}) {
  return {.name = name, .start = start, .host = host};
}

bool shares_folder(const std::vector<std::string>& overrides) {
  return needs_socket_folder(read_right(base_text, overrides), catalogue::builtin());
}

} // namespace

BOOST_AUTO_TEST_SUITE(machines_test)

BOOST_AUTO_TEST_CASE(a_node_is_a_child_a_daemons_or_joins_by_itself) {
  const auto start = [](const std::string& lines) {
    const auto r = with_cloud(lines);
    BOOST_REQUIRE_MESSAGE(r.ok(), to_string(r.errors));
    return r.scenario.nodes[1].start;
  };
  BOOST_TEST((start("host = \"10.0.0.5\"") == node_start::daemon));
  BOOST_TEST((start("host = \"cloud.lab:7448\"\nstart = \"daemon\"") == node_start::daemon));
  BOOST_TEST((start("start = \"join\"") == node_start::join));
  BOOST_TEST((start("start = \"child\"") == node_start::child));
  BOOST_TEST((start("host = \"\"") == node_start::child)); // takes a host back, by --set
}

BOOST_AUTO_TEST_CASE(start_and_host_must_fit_each_other) {
  expect_one(with_cloud("start = \"child\"\nhost = \"10.0.0.5:7447\""), 7, 8,
             "nodes.cloud.host: a child runs on this machine; leave `host` out, or `start`");
  expect_one(with_cloud("start = \"join\"\nhost = \"10.0.0.5:7447\""), 7, 8,
             "nodes.cloud.host: a program that joins finds the coordinator by itself; leave `host` "
             "out");
  expect_one(with_cloud("start = \"daemon\""), 6, 9,
             "nodes.cloud.start: where its daemon listens is missing; give `host`, for example "
             "\"10.0.0.5:7447\", or name the machine in a file for --hosts");
}

BOOST_AUTO_TEST_CASE(a_host_that_is_no_address_is_named_in_its_place) {
  expect_one(with_cloud("host = \"10.0.0.256\""), 6, 8,
             "nodes.cloud.host: \"10.0.0.256\" is no machine's address; write an IP address");
  expect_one(with_cloud("host = \"10.0.0.5:0\""), 6, 8, "ports go from 1 to 65535");
}

BOOST_AUTO_TEST_CASE(an_address_is_an_ip_address) {
  expect_one(with_cloud("addresses = { lan = \"here\" }"), 6, 21,
             "\"here\" is no IP address, such as \"10.0.0.5\"");
}

BOOST_AUTO_TEST_CASE(a_network_must_be_one_of_the_receiving_nodes) {
  const auto text = base_with("to = \"detector\"", "to = \"detector\"\nnetwork = \"wfi\"");
  expect_one(read_text(text), 22, 11,
             "links.uplink.network: node \"cloud\", which receives, has no address in \"wfi\"; "
             "there is none; addresses stand in [nodes.cloud] addresses");
  expect_one(read_text(text, {"nodes.cloud.addresses={ wifi = \"10.0.0.2\" }"}), 22, 11,
             "did you mean \"wifi\"?");
  expect_one(read_text(text, {"nodes.cloud.host=10.0.0.2"}), 22, 11, "has no address in \"wfi\"");
  expect_one(read_text(text, {"nodes.robot.addresses={ wfi = \"10.0.0.2\" }"}), 22, 11,
             "node \"cloud\", which receives"); // the sender's do not help
  BOOST_TEST(read_text(text, {"nodes.cloud.addresses={ wfi = \"10.0.0.2\" }"}).ok());
  BOOST_TEST(read_text(text, {"nodes.cloud={ host = \"10.0.0.2\", addresses = { wfi = "
                              "\"10.0.0.2\" } }"})
                 .ok());
  // A link within one node uses no network; moving stages about must not break a scenario.
  BOOST_TEST(read_text(text, {"inference.detector.node=robot"}).ok());
  BOOST_TEST(!read_text(text, {"inference.detector.node=robot", "links.uplink.force=true"}).ok());
}

BOOST_AUTO_TEST_CASE(links_over_caf_between_two_nodes_go_over_one_network) {
  const std::vector<std::string> both{"links.uplink.transport=caf", "links.downlink.transport=caf",
                                      "nodes.cloud.addresses={ wifi = \"10.0.0.2\" }",
                                      "nodes.robot.addresses={ wifi = \"10.0.0.1\" }"};
  const auto read = [&](std::vector<std::string> more) {
    more.insert(more.begin(), both.begin(), both.end());
    return read_text(base_text, more);
  };
  const std::string remote = "nodes.cloud.host=10.0.0.2", up = "links.uplink.network=wifi",
                    down = "links.downlink.network=wifi";
  BOOST_TEST(read({remote}).ok());
  BOOST_TEST(read({remote, up, down}).ok());
  BOOST_TEST(read({up}).ok()); // children have a socket between them
  BOOST_TEST(read({remote, up, "links.downlink.transport=zmq-tcp"}).ok());
  for (const auto& one : {up, down}) {
    const auto r = read({remote, one});
    BOOST_REQUIRE(r.errors.size() == 1u);
    BOOST_TEST(r.errors[0].message.find("links.downlink.network: links over \"caf\" between two "
                                        "nodes share one connection") == 0u,
               r.errors[0].message);
  }
}

BOOST_AUTO_TEST_CASE(a_transport_of_one_machine_does_not_go_between_two) {
  const auto text = base_with("to = \"detector\"", "to = \"detector\"\ntransport = \"zmq-ipc\"");
  BOOST_TEST(read_text(text).ok());
  for (const auto* elsewhere : {"nodes.cloud.host=10.0.0.5", "nodes.cloud.start=join"})
    expect_one(read_text(text, {elsewhere}), 22, 13,
               "links.uplink.transport: \"zmq-ipc\" works within one machine only, and \"robot\" "
               "and \"cloud\" may be on two; these go between machines: zmq-tcp, tcp, caf, udp");
  expect_one(read_text(text, {"nodes.robot.host=10.0.0.4", "nodes.cloud.host=10.0.0.5"}), 22, 13,
             "within one machine only");
  BOOST_TEST(read_text(text, {"nodes.robot.host=10.0.0.5", "nodes.cloud.host=10.0.0.5:7448"}).ok());
  BOOST_TEST(read_text(text, {"nodes.cloud.host=10.0.0.5", "inference.detector.node=robot"}).ok());
}

BOOST_AUTO_TEST_CASE(children_share_a_machine_and_daemons_at_one_address_may) {
  using enum node_start;
  const auto robot = node("robot", child);
  BOOST_TEST(may_share_machine(robot, robot));
  BOOST_TEST(may_share_machine(robot, node("cloud", child)));
  BOOST_TEST(may_share_machine(node("arm", join), node("arm", join)));
  BOOST_TEST(may_share_machine(node("a", daemon, "pc"), node("b", daemon, "pc:7448")));
  BOOST_TEST(!may_share_machine(node("a", daemon, "pc"), node("b", daemon, "laptop")));
  BOOST_TEST(!may_share_machine(node("a", daemon, "127.0.0.1"), robot));
  BOOST_TEST(!may_share_machine(robot, node("a", join)));
  BOOST_TEST(!may_share_machine(node("a", join), node("b", join)));
}

BOOST_AUTO_TEST_CASE(a_daemon_plays_one_node) {
  const auto both = [](const std::string& robot, const std::string& cloud) {
    auto text = base_with("[nodes.robot]", "[nodes.robot]\nhost = \"" + robot + "\"");
    return read_text(text.insert(text.find("[nodes.cloud]\n") + 14, "host = \"" + cloud + "\"\n"));
  };
  expect_one(both("10.0.0.5:7447", "10.0.0.5"), 7, 8,
             "nodes.cloud.host: the daemon at 10.0.0.5:7447 plays node \"robot\" already, and a "
             "daemon plays one node at a time; start another one there (`peernet-node --listen "
             "10.0.0.5:7448 --cache FOLDER`, a folder of its own) and write :7448 here");
  expect_one(both("pc.lab", "pc.lab:7447"), 7, 8, "`peernet-node --listen ADDRESS:7448 --cache");
  expect_one(both("10.0.0.5:65535", "10.0.0.5:65535"), 7, 8, "10.0.0.5:1024"); // no port above it
  BOOST_TEST(both("10.0.0.5", "10.0.0.5:7448").ok());
  BOOST_TEST(both("10.0.0.5", "10.0.0.6").ok());
  // Each of many is shown a port that no other one has.
  auto text =
      base_with("[nodes.robot]", "[nodes.robot]\nhost = \"pc\"\n[nodes.arm]\nhost = \"pc\"\n"
                                 "[nodes.leg]\nhost = \"pc\"");
  const auto all = to_string(read_text(text).errors);
  BOOST_TEST(all.find("nodes.arm.host: the daemon at pc:7447 plays node \"robot\"") !=
                 std::string::npos,
             all);
  BOOST_TEST(all.find("nodes.leg.host: the daemon at pc:7447 plays node \"robot\"") !=
                 std::string::npos,
             all);
  BOOST_TEST(all.find(":7448 --cache") != std::string::npos, all);
  BOOST_TEST(all.find(":7449 --cache") != std::string::npos, all);
}

BOOST_AUTO_TEST_CASE(a_host_that_is_given_by_hand_is_compared_with_the_files) {
  const auto r = read_text(base_with("[nodes.robot]", "[nodes.robot]\nhost = \"10.0.0.5\""),
                           {"nodes.cloud.host=10.0.0.5"});
  BOOST_REQUIRE_EQUAL(r.errors.size(), 1u);
  BOOST_TEST(
      to_string(r.errors).find("--set nodes.cloud.host: error: nodes.cloud.host: the daemon") == 0u,
      to_string(r.errors));
}

BOOST_AUTO_TEST_CASE(links_within_one_machine_are_those_that_cross_by_such_a_transport) {
  const auto names = [](const std::vector<std::string>& overrides) {
    const auto s = read_right(base_text, overrides);
    std::string all;
    for (const auto* l : links_within_one_machine(s, catalogue::builtin()))
      all += l->name + " ";
    return all;
  };
  BOOST_TEST(names({}) == "");
  BOOST_TEST(names({"links.downlink.transport=zmq-ipc"}) == "downlink ");
  BOOST_TEST(names({"links.downlink.transport=zmq-ipc", "inference.detector.node=robot"}) == "");
  BOOST_TEST(transports_between_machines(catalogue::builtin()) == "zmq-tcp, tcp, caf, udp");
}

BOOST_AUTO_TEST_CASE(a_socket_folder_is_for_links_that_are_used) {
  BOOST_TEST(!shares_folder({}));
  BOOST_TEST(shares_folder({"links.downlink.transport=zmq-ipc"}));
  BOOST_TEST(!shares_folder({"links.downlink.transport=zmq-ipc", "inference.detector.node=robot"}));
  BOOST_TEST(shares_folder({"links.downlink.transport=zmq-ipc", "links.downlink.force=true",
                            "inference.detector.node=robot"}));
}

BOOST_AUTO_TEST_CASE(links_know_the_nodes_they_join) {
  auto s = read_right(base_text, {"sinks.actuator.node=cloud"});
  auto ends = nodes_of_links(s);
  BOOST_REQUIRE_EQUAL(ends.size(), 2u);
  BOOST_TEST(ends[0].from == &s.nodes[0]);
  BOOST_TEST(ends[0].to == &s.nodes[1]);
  BOOST_TEST(ends[0].crosses);
  BOOST_TEST(ends[1].from == ends[1].to);
  BOOST_TEST(!ends[1].crosses);
  s.links[0].to = "nowhere";
  s.sinks[0].node = "nowhere";
  ends = nodes_of_links(s);
  BOOST_TEST(!ends[0].to);
  BOOST_TEST(!ends[0].crosses);
  BOOST_TEST(!ends[1].to);
}

BOOST_AUTO_TEST_CASE(a_sink_on_another_machine_writes_into_the_results_only) {
  const std::vector<std::string> saving{"sinks.actuator.type=save-images",
                                        "sinks.actuator.path=/srv/pictures"};
  const auto here = read_right(base_text, saving);
  BOOST_TEST(own_outputs(here, "robot", catalogue::builtin()) ==
                 std::vector<std::string>{"sinks.actuator.path"},
             boost::test_tools::per_element());
  BOOST_TEST(own_outputs(here, "cloud", catalogue::builtin()).empty());
  const auto text = base_with("[nodes.robot]", "[nodes.robot]\nhost = \"10.0.0.5\"");
  const auto there = read_text(text, saving);
  BOOST_REQUIRE_EQUAL(there.errors.size(), 1u);
  BOOST_TEST(
      to_string(there.errors).find("sinks.actuator.path: node \"robot\" is another machine") !=
      std::string::npos);
  BOOST_TEST(read_text(text, {saving[0]}).ok());
}

BOOST_AUTO_TEST_SUITE_END()

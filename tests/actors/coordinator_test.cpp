// SPDX-License-Identifier: MIT
// A run as it should be, and one that cannot begin.
#include "tests/actors/played_run.hpp"

using namespace peernet;

BOOST_FIXTURE_TEST_SUITE(coordinator_test, played_run)

BOOST_AUTO_TEST_CASE(a_run_goes_through_its_steps_in_order) {
  begin();
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::completed);
  BOOST_TEST(e.messages.empty());
  BOOST_TEST((e.summary != nullptr));
  const std::vector<std::string> expected{"hello",  "load",  "bind",   "link", "linked",
                                          "burst",  "start", "report", "halt", "report",
                                          "finish", "burst", "flush",  "quit"};
  for (const auto& n : nodes)
    BOOST_TEST(n->asked == expected, boost::test_tools::per_element());
  const std::vector<std::string> shown{
      "greeting",         "loading",  "binding",       "linking",          "starting", "running",
      "stopping sensors", "draining", "closing links", "flushing records", "settling"};
  std::vector<std::string> seen;
  for (const auto& s : steps)
    if (s != "probing clocks")
      seen.push_back(s);
  BOOST_TEST(seen == shown, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_node_gets_its_name_the_numbers_and_all_endpoints) {
  cloud->ends = {{.link = 3, .instance = 1, .node = 1, .network = "", .address = "a", .port = 1}};
  robot->ends = {{.link = 4, .instance = 2, .node = 0, .network = "", .address = "b", .port = 2}};
  cloud->ready.values = {"score", "boxes"};
  robot->ready.values = {"boxes"};
  begin();
  (void)ending();
  BOOST_TEST(robot->shipped.node == "robot");
  BOOST_TEST(cloud->shipped.node == "cloud");
  BOOST_TEST(cloud->shipped.secret == "secret");
  for (const auto& n : nodes) {
    BOOST_CHECK((n->terms.values == std::vector<std::string>{"boxes", "score"}));
    BOOST_CHECK((n->terms.clocks == std::vector<clock_id>{0, 0}));
    std::set<std::string> addresses;
    for (const auto& l : n->endpoints)
      addresses.insert(l.address);
    BOOST_CHECK((addresses == std::set<std::string>{"a", "b"}));
    BOOST_TEST(n->order.samples == 10u);
    BOOST_TEST(n->order.end_ns == INT64_MAX);
    BOOST_TEST(n->order.measured_ns == n->order.start_ns);
  }
  BOOST_TEST(robot->order.start_ns == cloud->order.start_ns);
}

BOOST_AUTO_TEST_CASE(all_start_at_one_moment_each_by_its_own_clock) {
  cloud->own = peernet::clock(clock_error{.offset = 1h, .drift_ppm = 0});
  cloud->ready.clock_domain = cloud->own.domain();
  begin();
  (void)ending();
  BOOST_TEST(robot->terms.clock == reference_clock);
  BOOST_TEST(cloud->terms.clock == 1u);
  const auto apart = cloud->order.start_ns - robot->order.start_ns;
  BOOST_TEST(std::abs(apart - to_ns(duration{1h})) < to_ns(duration{1s}));
  auto& s = stored();
  const auto probes = s.read_probes();
  BOOST_REQUIRE(probes.ok());
  // Without a prober of the coordinator's own, the control plane asks every node, before and after.
  for (const node_id node : {0, 1})
    for (const auto phase : {probe_phase::before, probe_phase::after})
      BOOST_TEST(std::ranges::count_if(*probes, [&](const probe& p) {
                   return p.answerer == node && p.remote == node && p.phase == phase &&
                          p.method == "control";
                 }) >= 40);
}

BOOST_AUTO_TEST_CASE(a_scenario_of_a_duration_ends_at_its_time) {
  auto changed = *graph.what;
  changed.samples.reset();
  changed.run_for = 7s;
  changed.warmup = 2s;
  graph.what = std::make_shared<const scenario>(changed);
  begin();
  (void)ending();
  BOOST_TEST(robot->order.end_ns - robot->order.start_ns == to_ns(duration{7s}));
  BOOST_TEST(robot->order.measured_ns - robot->order.start_ns == to_ns(duration{2s}));
  BOOST_TEST(robot->order.samples == UINT64_MAX);
}

BOOST_AUTO_TEST_CASE(a_node_of_another_version_is_named_and_nothing_is_loaded) {
  cloud->version = protocol_version + 1;
  begin();
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::not_started);
  BOOST_CHECK(e.reason.code == errc::other_version);
  BOOST_TEST(e.reason.message.find("node cloud") != std::string::npos, e.reason.message);
  BOOST_REQUIRE_EQUAL(e.obstacles.size(), 1u);
  BOOST_TEST((e.obstacles[0].node == node_id{1} && e.obstacles[0].what.key.empty()));
  for (const auto& n : nodes) {
    BOOST_TEST(!n->was_asked("load"));
    BOOST_TEST(n->was_asked("quit"));
  }
  BOOST_TEST(!opened);
}

BOOST_AUTO_TEST_CASE(a_node_with_other_messages_is_another_version_too) {
  robot->types = "other\n";
  begin();
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::not_started);
  BOOST_TEST(e.reason.message.find("node robot") != std::string::npos, e.reason.message);
}

BOOST_AUTO_TEST_CASE(what_a_node_cannot_load_ends_the_run_before_it_began) {
  cloud->ready.faults = {{"inference.detector", {errc::not_found, "weights.pt does not exist"}}};
  begin();
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::not_started);
  BOOST_CHECK(e.reason.code == errc::not_found);
  BOOST_TEST(e.reason.message == "inference.detector: weights.pt does not exist");
  BOOST_REQUIRE_EQUAL(e.obstacles.size(), 1u);
  BOOST_TEST((e.obstacles[0].node == node_id{1}));
  BOOST_TEST(e.obstacles[0].what.key == "inference.detector");
  BOOST_TEST(e.messages.size() == 1u);
  BOOST_TEST((e.summary == nullptr));
  BOOST_TEST(!opened);
  BOOST_TEST(!robot->was_asked("bind"));
  for (const auto& n : nodes)
    BOOST_TEST(n->was_asked("quit"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_loaded_on_another_machine_is_told_with_node_and_machine) {
  machine_of_cloud = "10.0.0.5:7447";
  cloud->ready.faults = {{"inference.detector.path", {errc::not_found, "no weights"}}};
  robot->ready.faults = {{"sensors.camera.path", {errc::unreadable, "no picture"}}};
  begin();
  BOOST_TEST(ending().reason.message ==
             "sensors.camera.path: no picture\n"
             "inference.detector.path: node cloud (10.0.0.5:7447): no weights");
}

BOOST_AUTO_TEST_CASE(a_rehearsal_goes_on_without_what_cannot_be_had) {
  robot->ready.faults = {{"sensors.camera.path", {errc::unreadable, "no picture"}}};
  cloud->unbound = {{"links.uplink", {errc::busy, "no port of 7500-7501 is free"}}};
  robot->unlinked = {"uplink"};
  begin(run_purpose::rehearse);
  const auto& e = ending(12s);
  BOOST_CHECK(e.how == ending_kind::completed);
  BOOST_REQUIRE_EQUAL(e.obstacles.size(), 2u);
  BOOST_TEST((e.obstacles[0].node == node_id{0} && e.obstacles[1].node == node_id{1}));
  BOOST_TEST(e.obstacles[0].what.key == "sensors.camera.path");
  BOOST_TEST(e.obstacles[1].what.key == "links.uplink");
  BOOST_CHECK(e.obstacles[1].what.why.code == errc::busy);
  BOOST_TEST(e.rehearsed.unlinked == std::vector<std::string>{"uplink"},
             boost::test_tools::per_element());
  BOOST_TEST(e.rehearsed.nodes.size() == 2u);
  BOOST_TEST(!opened);
}

BOOST_AUTO_TEST_CASE(a_rehearsal_ends_where_a_node_cannot_take_part_at_all) {
  cloud->errors["load"] = {errc::bad_scenario, "the scenario as shipped: nonsense"};
  robot->ready.faults = {{"sensors.camera.path", {errc::unreadable, "no picture"}}};
  begin(run_purpose::rehearse);
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::not_started);
  BOOST_REQUIRE_EQUAL(e.obstacles.size(), 2u);
  for (const auto& o : e.obstacles)
    BOOST_TEST((o.node == node_id{1}) == o.what.key.empty());
}

BOOST_AUTO_TEST_CASE(a_rehearsal_does_not_wait_for_those_who_wait_in_vain) {
  cloud->doors = {{1, "", "10.0.0.5", 7500}};
  robot->errors["meet"] = {errc::timeout, "no answer from 10.0.0.5:7500"};
  cloud->silent = {"meet"};
  begin(run_purpose::rehearse);
  const auto& e = ending(8s);
  BOOST_CHECK(e.how == ending_kind::completed);
  BOOST_TEST(robot->was_asked("burst"));
}

BOOST_AUTO_TEST_CASE(a_wait_in_vain_of_a_node_s_own_is_told_in_its_words) {
  robot->doors = {{0, "", "10.0.0.4", 7500}};
  cloud->errors["meet"] = {errc::timeout, "no answer from 10.0.0.4:7500"};
  begin();
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::not_started); // and nobody was lost
  BOOST_CHECK(e.reason.code == errc::timeout);
  BOOST_TEST(e.reason.message == "no answer from 10.0.0.4:7500");
}

BOOST_AUTO_TEST_CASE(a_check_ends_when_everything_is_loaded) {
  begin(run_purpose::check);
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::completed);
  BOOST_TEST((e.summary == nullptr));
  BOOST_TEST(!opened);
  const std::vector<std::string> expected{"hello", "load", "quit"};
  for (const auto& n : nodes)
    BOOST_TEST(n->asked == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(links_that_never_stand_are_named) {
  robot->unlinked = {"uplink"};
  cloud->unlinked = {"downlink", "uplink"};
  begin();
  pass(9s);
  BOOST_TEST(ended->pending());
  const auto& e = ending(3s);
  BOOST_CHECK(e.how == ending_kind::node_lost);
  BOOST_CHECK(e.reason.code == errc::timeout);
  BOOST_TEST(e.reason.message.find("downlink, uplink") != std::string::npos, e.reason.message);
  BOOST_TEST(!opened);
}

BOOST_AUTO_TEST_CASE(links_that_stand_after_a_while_are_waited_for) {
  robot->unlinked = {"uplink"};
  begin();
  pass(2s);
  BOOST_TEST(!opened);
  robot->unlinked.clear();
  BOOST_CHECK(ending().how == ending_kind::completed);
}

BOOST_AUTO_TEST_CASE(what_nodes_counted_is_stored_but_not_of_lost_ones) {
  robot->last.emitted = 7;
  robot->last.ends = {{.link = 3, .node = 0, .side = link_side::sender, .sent = 5}};
  cloud->last.emitted = 9;
  cloud->dies_at = "flush";
  begin();
  (void)ending();
  auto& s = stored();
  std::map<node_id, std::uint64_t> emitted;
  for (const auto& c : s.read_counts().value())
    if (c.kind == count_kind::emitted)
      emitted[c.node] = c.count;
  BOOST_TEST(emitted.size() == 1u);
  BOOST_TEST(emitted[0] == 7u);
  BOOST_TEST(s.read_link_ends().value().size() == 1u);
}

BOOST_AUTO_TEST_CASE(without_a_place_for_results_nothing_starts) {
  no_results = true;
  begin();
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::failed);
  BOOST_TEST(e.reason.message == "no room for results");
  for (const auto& n : nodes) {
    BOOST_TEST(!n->was_asked("start"));
    BOOST_TEST(n->was_asked("quit"));
  }
}

BOOST_AUTO_TEST_CASE(a_store_that_fails_ends_the_run) {
  robot->report.sensors_finished = false;
  begin();
  pass(500ms);
  db->database().execute("PRAGMA query_only = ON");
  interrupt();
  const auto& e = ending();
  BOOST_CHECK(e.how == ending_kind::failed);
  BOOST_TEST(e.reason.message.find("results cannot be stored") != std::string::npos,
             e.reason.message);
  for (const auto& n : nodes)
    BOOST_TEST(n->was_asked("quit"));
}

BOOST_AUTO_TEST_SUITE_END()

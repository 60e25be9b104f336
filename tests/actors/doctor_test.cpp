// SPDX-License-Identifier: MIT
// What the doctor makes of a rehearsal. That it finds out the truth is tests/system' business.
#include "actors/doctor.hpp"
#include "runtime/config/reader.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view scenario_toml = R"(
[nodes.robot]
[nodes.cloud]
host = "10.0.0.5"
[sensors.camera]
node = "robot"
type = "bytes"
size = "1kB"
rate = "10Hz"
[sinks.near]
node = "robot"
[sinks.far]
node = "cloud"
[links.up]
from = "camera"
to = "far"
[links.here]
from = "camera"
to = "near"
[scenario]
duration = "1s"
)";

struct fixture {
  fixture() {
    BOOST_REQUIRE_MESSAGE(read.ok(), to_string(read.errors));
    whole = *make_plan(read.scenario);
    machine.host = "gpu-box";
    machine.version = "1";
    machine.cores = 8;
    machine.governor = "performance";
    machine.most_receive_buffer = machine.most_send_buffer = 8 << 20;
    own = machine;
    run.machines = {std::nullopt, machine};
    run.path_mtus = {0, 1500};
    auto& r = ending->rehearsed;
    r.nodes.resize(2);
    r.clocks = {0, 1};
    r.by_udp = {true, true};
    const auto up = std::ranges::find(whole.places, "up", &plan_place::name) - whole.places.begin();
    r.endpoints.ends = {{.link = static_cast<place_id>(up),
                         .instance = 2,
                         .node = 1,
                         .network = "",
                         .address = "10.0.0.5",
                         .port = 7500}};
    for (std::int64_t i = 0; i < 100; ++i) { // a clock 3 s ahead, 200 µs there and back
      const auto t = 1'000'000'000 + i * 2'000'000;
      r.learnt.probes.push_back({.local = 0,
                                 .remote = 1,
                                 .asker = coordinator_node,
                                 .answerer = 1,
                                 .t1 = t,
                                 .t2 = t + 3'000'100'000,
                                 .t3 = t + 3'000'101'000,
                                 .t4 = t + 201'000,
                                 .phase = probe_phase::before,
                                 .network = "",
                                 .method = "udp"});
    }
    run.ending = ending;
  }

  std::vector<finding> look() { return findings_of(read.scenario, whole, run, own); }

  /// The findings of this grade whose text has these words.
  static std::size_t count(const std::vector<finding>& all, finding::grade how,
                           std::string_view words) {
    return static_cast<std::size_t>(std::ranges::count_if(all, [&](const finding& f) {
      return f.how == how && (f.about + ": " + f.what).find(words) != std::string::npos;
    }));
  }

  reading read = read_scenario_text(scenario_toml, "test.toml", ".", {}, catalogue::builtin());
  plan whole;
  machine_facts machine, own;
  std::shared_ptr<run_ending> ending = std::make_shared<run_ending>();
  run_result run;
};

using grade = finding::grade;

} // namespace

BOOST_FIXTURE_TEST_SUITE(doctor_test, fixture)

BOOST_AUTO_TEST_CASE(a_run_that_will_go_well_has_nothing_to_mend) {
  const auto all = look();
  for (const auto& f : all)
    BOOST_TEST((f.how == grade::good), f.about << ": " << f.what);
  BOOST_TEST(count(all, grade::good, "node cloud: gpu-box runs PeerNet 1") == 1u);
  BOOST_TEST(count(all, grade::good, "link up: zmq-tcp reaches 10.0.0.5:7500") == 1u);
  BOOST_TEST(count(all, grade::good, "link here: stays within one node") == 1u);
  BOOST_TEST(count(all, grade::good, "cloud against coordinator: 3.00 s ± 1") == 1u);
}

BOOST_AUTO_TEST_CASE(what_disturbs_figures_is_worth_a_look_and_has_a_remedy) {
  run.machines[1]->governor = "powersave";
  run.machines[1]->most_receive_buffer = 212'992;
  run.path_mtus[1] = 1280;
  ending->rehearsed.by_udp[1] = false;
  for (auto& p : ending->rehearsed.learnt.probes)
    p.t4 += 10'000'000;
  const auto all = look();
  for (const auto* words : {"governor \"powersave\"", "213 kB for receiving", "MTU 1280",
                            "no clock probes (UDP) reach node cloud", "too wide"})
    BOOST_TEST(count(all, grade::look, words) == 1u, words);
  for (const auto& f : all)
    BOOST_TEST((f.how == grade::good) == f.remedy.empty());
  BOOST_TEST(count(all, grade::bad, "") == 0u);
}

BOOST_AUTO_TEST_CASE(a_link_that_does_not_reach_its_end_is_to_mend) {
  ending->rehearsed.unlinked = {"up"};
  const auto all = look();
  BOOST_TEST(count(all, grade::bad, "link up: zmq-tcp does not reach 10.0.0.5:7500") == 1u);
  BOOST_TEST(count(all, grade::bad, "") == 1u);
}

BOOST_AUTO_TEST_CASE(why_a_link_does_not_reach_its_end_is_told_where_its_channel_knows) {
  ending->rehearsed.unlinked = {"up (datagrams of 1400 bytes are not answered)"};
  const auto all = look();
  BOOST_TEST(count(all, grade::bad,
                   "link up: zmq-tcp does not reach 10.0.0.5:7500 (datagrams of 1400 bytes are not "
                   "answered)") == 1u);
  BOOST_TEST(count(all, grade::bad, "") == 1u);
}

BOOST_AUTO_TEST_CASE(each_reason_why_it_cannot_begin_is_told_with_what_to_do) {
  run.ending = nullptr;
  run.machines.clear();
  run.path_mtus.clear();
  run.problem = "node a: nobody listens at 10.0.0.5:7447\n"
                "node b (10.0.0.6:7447): the peer does not know our certificate\n"
                "node c (10.0.0.7:7447): it is busy with run \"x\" of laptop";
  const auto all = look();
  BOOST_TEST(count(all, grade::bad, "scenario: node") == 3u);
  for (const auto& f : all)
    BOOST_TEST((f.how == grade::bad) == !f.remedy.empty());
}

BOOST_AUTO_TEST_CASE(findings_are_printed_with_marks_remedies_and_a_count) {
  const diagnosis d{exit_code::node_lost,
                    {{grade::good, "a", "fine", ""},
                     {grade::look, "b", "slow", "make it quick"},
                     {grade::bad, "c", "broken", "mend it"}}};
  BOOST_TEST(print(d) == "✓ a: fine\n! b: slow\n  → make it quick\n✗ c: broken\n  → mend it\n"
                         "\n1 to mend, 1 worth a look, 1 good\n");
}

BOOST_AUTO_TEST_SUITE_END()

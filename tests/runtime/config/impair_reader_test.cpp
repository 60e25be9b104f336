// SPDX-License-Identifier: MIT
#include "runtime/config/impair_reader.hpp"
#include "runtime/config/writer.hpp"
#include "tests/runtime/config/impaired_scenario.hpp"

using namespace peernet;
using namespace std::chrono_literals;

namespace {

struct mistake {
  std::string keys;
  std::uint32_t column;
  std::string_view fragment;
};

} // namespace

BOOST_AUTO_TEST_SUITE(impair_reader_test)

BOOST_AUTO_TEST_CASE(every_key_is_read) {
  const auto i = impairment_by(
      "level = \"sample\", delay = \"20ms\", jitter = \"4ms\", distribution = \"pareto\", "
      "loss = \"1%\", burst-loss = { enter = \"2%\", leave = \"20%\", loss-in = \"90%\" }, "
      "duplicate = \"0.1%\", reorder = \"3%\", reorder-by = \"7ms\", corrupt = \"0.2%\", "
      "rate = \"20Mbit\", buffer = \"64kB\", keep-order = true, spin = true");
  const impairment wanted{.delay = 20ms,
                          .jitter = 4ms,
                          .distribution = delay_shape::pareto,
                          .loss = 0.01,
                          .bursts = burst_loss{0.02, 0.2, 0.9},
                          .duplicate = 0.001,
                          .reorder = 0.03,
                          .reorder_by = 7ms,
                          .corrupt = 0.002,
                          .rate = 20e6,
                          .buffer = 64'000,
                          .keep_order = true,
                          .spin = true};
  BOOST_TEST((i == wanted));
  BOOST_TEST((impairment_by("level = \"packet\"")->level == impair_level::packet));
}

BOOST_AUTO_TEST_CASE(what_is_not_written_has_a_default) {
  BOOST_TEST(!read_right(base_text).links[0].impair);
  const auto i = impairment_by("delay = \"20ms\"");
  BOOST_TEST((i == impairment{.delay = 20ms}));
  const auto bursts = impairment_by("burst-loss = { enter = \"1%\", leave = \"50%\" }");
  BOOST_TEST((bursts->bursts == burst_loss{0.01, 0.5, 1}));
  BOOST_TEST(impairment_by("rate = \"1Mbit\"")->buffer == 256'000u);
  BOOST_TEST((impairment_by("delay = \"9ms\", reorder = \"1%\"")->reorder_by == 9ms));
}

BOOST_AUTO_TEST_CASE(a_table_that_does_nothing_is_none) {
  for (const auto* keys : {"", "delay = \"0s\"", "loss = \"0%\", corrupt = \"0%\""})
    BOOST_TEST(!impairment_by(keys), keys);
}

BOOST_AUTO_TEST_CASE(written_keys_override_the_profiles) {
  for (const auto profile : {impair_profile::lan, impair_profile::wifi, impair_profile::lte,
                             impair_profile::five_g, impair_profile::satellite}) {
    const auto name = "profile = \"" + std::string(word(profile)) + "\"";
    BOOST_TEST((impairment_by(name) == impairment_of(profile)), name);
    auto changed = impairment_of(profile);
    changed.delay = 33ms;
    changed.loss = 0;
    BOOST_TEST((impairment_by("delay = \"33ms\", loss = \"0%\", " + name) == changed), name);
  }
}

BOOST_AUTO_TEST_CASE(keys_can_be_set) {
  const auto i = impairment_by("delay = \"20ms\"", {"links.uplink.impair.delay=5ms",
                                                    "links.uplink.impair.burst-loss.enter=1%",
                                                    "links.uplink.impair.burst-loss.leave=10%"});
  BOOST_TEST((i == impairment{.delay = 5ms, .bursts = burst_loss{0.01, 0.1, 1}}));
  const auto profile =
      read_lossy(base_text, {"links.uplink.transport=lossy", "links.uplink.impair.profile=lte"});
  BOOST_REQUIRE_MESSAGE(profile.ok(), to_string(profile.errors));
  BOOST_TEST((profile.scenario.links[0].impair == impairment_of(impair_profile::lte)));
}

BOOST_AUTO_TEST_CASE(each_mistake_is_named_in_its_place) {
  const mistake table[] = {
      {"delay = 20", 20, "links.uplink.impair.delay: \"20\" is not a duration: the unit is missin"},
      {"delay = \"-1ms\"", 20, "must be from 0s to"},
      {"delay = \"25h\"", 20, "must be from 0s to 86400s"},
      {"jitter = true", 21, "must be a text with number and unit"},
      {"delays = \"20ms\"", 12,
       "unknown key \"delays\" in [links.uplink.impair]; did you mean \"delay\"?"},
      {"loss = \"101%\"", 19, "must be from 0% to 100%, not 101%"},
      {"loss = \"-1%\"", 19, "must be from 0% to 100%"},
      {"loss = 0.01", 19, "\"0.01\" is not a share: the unit is missing"},
      {"duplicate = \"1.5\"", 24, "the unit is missing"},
      {"corrupt = \"200%\"", 22, "must be from 0% to 100%"},
      {"rate = \"20MB\"", 19, "unknown unit \"MB\""},
      {"rate = \"10bit\"", 19, "must be from 1kbit to 1000Gbit, not 10bit"},
      {"rate = \"1Mbit\", buffer = \"0B\"", 37, "must be from 1B to 1000MB, not 0B"},
      {"rate = \"1Mbit\", buffer = 1000", 37, "the unit is missing"},
      {"distribution = \"gauss\", jitter = \"1ms\", delay = \"1ms\"", 27,
       "there is no \"gauss\"; valid are: normal, pareto, uniform"},
      {"profile = \"4g\"", 22, "there is no \"4g\"; did you mean \"5g\"?"},
      {"profile = \"dsl\"", 22, "valid are: lan, wifi, lte, 5g, satellite"},
      {"level = \"frames\"", 20, "there is no \"frames\"; valid are: sample, packet"},
      {"burst-loss = \"1%\"", 25, "must be a table, { enter = \"1%\", leave = \"20%\", loss-in"},
      {"burst-loss = { enter = \"1%\" }", 12, "impair.burst-loss.leave: is missing (how often it"},
      {"burst-loss = { leave = \"1%\" }", 12, "impair.burst-loss.enter: is missing (how often a"},
      {"burst-loss = { enter = \"0%\", leave = \"1%\" }", 35, "must be above 0%"},
      {"burst-loss = { enter = \"1%\", leave = \"0%\" }", 49, "must be above 0%"},
      {"burst-loss = { enter = \"1%\", leave = \"1%\", loss = \"3%\" }", 55,
       "unknown key \"loss\" in [links.uplink.impair.burst-loss]"},
      {"spin = 1", 19, "must be true or false"},
      {"keep-order = \"yes\"", 25, "must be true or false"},
      // keys that mean nothing without another
      {"delay = \"1ms\", distribution = \"pareto\"", 42, "without `jitter` they do not"},
      {"delay = \"1ms\", buffer = \"1kB\"", 36, "without `rate` there is none"},
      {"delay = \"1ms\", reorder-by = \"1ms\"", 40, "add reorder = \"1%\", or leave it out"},
      {"reorder = \"1%\"", 22, "reorder-by = \"10ms\" says how much longer"},
      {"delay = \"1ms\", jitter = \"2ms\", distribution = \"uniform\"", 36,
       "must not be above `delay`, which is 1ms"},
  };
  for (const auto& m : table)
    BOOST_TEST_CONTEXT(m.keys) {
      expect_one(read_lossy(with_impair(m.keys)), 22, m.column, m.fragment);
    }
  expect_one(read_lossy(base_with("to = \"detector\"", "to = \"detector\"\nimpair = \"lte\"")), 22,
             10, "links.uplink.impair: must be a table, { delay = \"20ms\", loss = \"1%\" }");
}

BOOST_AUTO_TEST_CASE(what_is_written_out_reads_back_as_equal) {
  for (const std::string keys :
       {"delay = \"1234567ns\"", "delay = \"20ms\", jitter = \"4ms\", distribution = \"uniform\"",
        "loss = \"7%\", corrupt = \"0.07%\", duplicate = \"33.3%\"",
        "burst-loss = { enter = \"0.3%\", leave = \"0.7%\", loss-in = \"55%\" }",
        "delay = \"1ms\", reorder = \"2.3%\"", "rate = \"1234567bit\"",
        "rate = \"5.5Mbit\", buffer = \"1234B\", spin = true", "profile = \"wifi\"",
        "profile = \"5g\", jitter = \"0s\", rate = \"1Gbit\", loss = \"0%\"",
        "profile = \"satellite\", keep-order = false, delay = \"300ms\""}) {
    const auto first = read_lossy(with_impair(keys));
    BOOST_REQUIRE_MESSAGE(first.ok(), to_string(first.errors));
    const auto second = read_lossy(first.resolved);
    BOOST_REQUIRE_MESSAGE(second.ok(), to_string(second.errors) << first.resolved);
    BOOST_TEST((second.scenario == first.scenario), first.resolved);
    BOOST_TEST(second.resolved == first.resolved);
  }
}

BOOST_AUTO_TEST_CASE(people_are_told_what_is_done) {
  BOOST_TEST(show_impairment(*impairment_by("delay = \"20ms\"")) == "delay 20ms");
  BOOST_TEST(
      show_impairment(*impairment_by(
          "delay = \"20ms\", jitter = \"4ms\", loss = \"1%\", reorder = \"2%\", "
          "burst-loss = { enter = \"1%\", leave = \"20%\" }, rate = \"20Mbit\", spin = true")) ==
      "delay 20ms ± 4ms normal, loss 1%, bursts enter 1% leave 20% loss 100%, reorder 2% by 20ms, "
      "rate 20Mbit, buffer 256kB, spinning");
  const auto r = read_lossy(with_impair("delay = \"20ms\""));
  const auto shown = [](const scenario& s) { return describe(*make_plan(s), s, with_lossy()); };
  BOOST_TEST(shown(r.scenario).find("impaired: delay 20ms\n") != std::string::npos,
             shown(r.scenario));
  const auto local = read_lossy(with_impair("delay = \"20ms\""), {"inference.detector.node=robot"});
  BOOST_REQUIRE_MESSAGE(local.ok(), to_string(local.errors)); // a sweep may come by
  BOOST_TEST(shown(local.scenario).find("local hand-off  ") != std::string::npos);
  BOOST_TEST(shown(local.scenario).find("not impaired: no network is between") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

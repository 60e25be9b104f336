// SPDX-License-Identifier: MIT
#include "runtime/config/hosts_file.hpp"
#include "tests/runtime/config/base_scenario.hpp"
#include "tests/support/temp_folder.hpp"

#include <fstream>

using namespace peernet;

namespace {

/// Reads a scenario with a hosts file lab.toml of this text beside it.
class lab {
public:
  explicit lab(std::string_view hosts, std::string_view text = base_text)
      : hosts_(folder_ / "lab.toml"), text_(text) {
    std::ofstream(hosts_) << hosts;
  }

  [[nodiscard]] reading read(const std::vector<std::string>& overrides = {}) const {
    return read_scenario_text(text_, "test.toml", ".", overrides, catalogue::builtin(),
                              {.hosts = hosts_});
  }

  /// The node cloud of what must be right.
  [[nodiscard]] node_config cloud(const std::vector<std::string>& overrides = {}) const {
    const auto r = read(overrides);
    BOOST_REQUIRE_MESSAGE(r.ok(), to_string(r.errors));
    return r.scenario.nodes.at(1);
  }

  /// Checks that there is one mistake, in this place of the hosts file.
  void expect_wrong(std::uint32_t line, std::uint32_t column, std::string_view fragment,
                    const std::vector<std::string>& overrides = {}) const {
    const auto r = read(overrides);
    expect_one(r, line, column, fragment);
    BOOST_TEST(r.errors[0].file == hosts_);
  }

private:
  temp_folder folder_;
  std::string hosts_;
  std::string text_;
};

constexpr std::string_view two_networks = "# the lab\n"
                                          "[cloud]\n"
                                          "host = \"10.0.0.5:7448\"\n"
                                          "addresses = { lan = \"10.0.0.5\", wifi = \"::2\" }\n";

} // namespace

BOOST_AUTO_TEST_SUITE(hosts_file_test)

BOOST_AUTO_TEST_CASE(a_machine_plays_the_node_of_its_name) {
  const auto cloud = lab(two_networks).cloud();
  BOOST_TEST((cloud.start == node_start::daemon));
  BOOST_TEST(cloud.host == "10.0.0.5:7448");
  BOOST_TEST(cloud.addresses.at("wifi") == "::2");
  const auto r = lab(two_networks).read({"links.uplink.network=wifi"});
  BOOST_REQUIRE_MESSAGE(r.ok(), to_string(r.errors));
  BOOST_TEST((r.scenario.nodes[0].start == node_start::child)); // the others stay
  const auto again = read_text(r.resolved);                     // and it can be run again without
  BOOST_TEST((again.scenario == r.scenario), r.resolved);
}

BOOST_AUTO_TEST_CASE(it_changes_what_the_scenario_says_of_a_node) {
  const auto of = [](const std::string& lines) {
    return lab(two_networks, base_with("[nodes.cloud]", "[nodes.cloud]\n" + lines)).cloud();
  };
  BOOST_TEST(of("host = \"10.0.0.9\"").host == "10.0.0.5:7448");
  BOOST_TEST((of("start = \"child\"").start == node_start::daemon));
  const auto kept = of("on-loss = \"continue\"\naddresses = { usb = \"10.0.0.9\" }");
  BOOST_TEST((kept.on_loss == node_loss::carry_on));
  BOOST_TEST(!kept.addresses.contains("usb")); // another machine's
  const auto joined = of("start = \"join\"");  // that is what its program does, wherever it runs
  BOOST_TEST((joined.start == node_start::join));
  BOOST_TEST(joined.host == "");
  BOOST_TEST(joined.addresses.contains("lan"));
}

BOOST_AUTO_TEST_CASE(it_brings_a_node_onto_this_machine_too) {
  const auto there = base_with("[nodes.cloud]", "[nodes.cloud]\nhost = \"10.0.0.9\"");
  for (const auto& [word, start] :
       {std::pair{"child", node_start::child}, std::pair{"join", node_start::join}}) {
    const auto cloud = lab("[cloud]\nstart = \"" + std::string(word) + "\"\n", there).cloud();
    BOOST_TEST((cloud.start == start));
    BOOST_TEST(cloud.host == "");
  }
}

BOOST_AUTO_TEST_CASE(an_override_goes_before_it) {
  const lab there(two_networks);
  BOOST_TEST(there.cloud({"nodes.cloud.host=desk.lab"}).host == "desk.lab");
  const auto moved = there.cloud({"nodes.cloud.addresses.wifi=10.0.0.7"});
  BOOST_TEST(moved.addresses.at("wifi") == "10.0.0.7");
  BOOST_TEST(moved.addresses.at("lan") == "10.0.0.5");
  for (const auto* back : {"nodes.cloud.start=child", "nodes.cloud.host=", "nodes.cloud={}"}) {
    const auto cloud = there.cloud({back});
    BOOST_TEST((cloud.start == node_start::child), back);
    BOOST_TEST(cloud.host == "", back);
  }
  BOOST_TEST((there.cloud({"nodes.cloud.start=join"}).start == node_start::join));
}

BOOST_AUTO_TEST_CASE(machines_without_a_node_are_left_alone_and_listed) {
  const auto r = lab("[cloud]\nhost = \"10.0.0.5\"\n[arm]\nhost = \"10.0.0.6\"\n[leg]\n").read();
  BOOST_REQUIRE_MESSAGE(r.ok(), to_string(r.errors));
  BOOST_TEST(r.scenario.nodes.size() == 2u);
  BOOST_TEST(r.unused_hosts == (std::vector<std::string>{"arm", "leg"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(mistakes_have_their_place_in_the_hosts_file) {
  lab("[cloud]\nhots = \"10.0.0.5\"\n")
      .expect_wrong(2, 1, "unknown key \"hots\" in [cloud]; did you mean \"host\"?");
  lab("[cloud]\ncolour = 3\n").expect_wrong(2, 1, "valid are: host, addresses, start");
  lab("[cloud]\ntest-clock = { offset = \"1s\" }\n").expect_wrong(2, 1, "unknown key");
  lab("[arm]\nhots = 3\n").expect_wrong(2, 1, "did you mean \"host\"?"); // also of no node
  lab("[cloud]\nhost = 3\n").expect_wrong(2, 8, "nodes.cloud.host: must be a text in quotes");
  lab("[cloud]\nhost = \"10.0.0.256\"\n")
      .expect_wrong(2, 8, "nodes.cloud.host: \"10.0.0.256\" is no machine's address; write");
  lab("[cloud]\nhost = \"pc\"\nstart = \"child\"\n")
      .expect_wrong(2, 8, "a child runs on this machine; leave `host` out, or `start`");
  lab("[cloud]\nstart = \"daemon\"\n").expect_wrong(2, 9, "give `host`");
  lab("[cloud]\nstart = \"deamon\"\n").expect_wrong(2, 9, "did you mean \"daemon\"?");
  lab("[cloud]\naddresses = { lan = \"here\" }\n").expect_wrong(2, 21, "is no IP address, such as");
  lab("[cloud]\naddresses = \"10.0.0.5\"\n").expect_wrong(2, 13, "must be a table, { lan =");
  lab("cloud = \"10.0.0.5\"\n")
      .expect_wrong(1, 9, "cloud: must be a table, [NAME] with host = \"10.0.0.5:7447\", not");
  lab("[nodes.cloud]\nhost = \"10.0.0.5\"\n")
      .expect_wrong(1, 8, "write [cloud], not [nodes.cloud]");
  lab("[Cloud]\nhost = \"10.0.0.5\"\n")
      .expect_wrong(1, 2, "\"Cloud\" is no valid name, so no node has it; write the node's name");
}

BOOST_AUTO_TEST_CASE(mistakes_of_the_scenario_and_of_overrides_stay_where_they_are) {
  const auto r = lab("[cloud]\nhots = 1\n", base_with("10Hz", "10")).read({"scenario.sed=1"});
  const auto all = to_string(r.errors);
  BOOST_REQUIRE_MESSAGE(r.errors.size() == 3u, all);
  BOOST_TEST(r.errors[0].file == "test.toml");
  BOOST_TEST(r.errors[1].file.ends_with("lab.toml"), all);
  BOOST_TEST(r.errors[2].file == "--set scenario.sed");
}

BOOST_AUTO_TEST_CASE(a_link_that_no_longer_works_is_a_mistake_of_the_scenario) {
  const auto r = lab("[cloud]\nhost = \"10.0.0.5\"\n",
                     base_with("to = \"detector\"", "to = \"detector\"\ntransport = \"zmq-ipc\""))
                     .read();
  expect_one(r, 22, 13, "within one machine only");
  BOOST_TEST(r.errors[0].file == "test.toml");
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_one_mistake_with_its_name) {
  const auto absent = read_scenario_text(base_text, "test.toml", ".", {}, catalogue::builtin(),
                                         {.hosts = "no/such.toml"});
  BOOST_TEST(to_string(absent.errors) == "no/such.toml: error: there is no such file\n");
  lab("").expect_wrong(0, 0, "is empty; scenarios/README.md shows what a hosts file looks like");
  lab("[cloud]\nhost = 10.0.0.5\n").expect_wrong(2, 12, "");
  lab("[cloud]\n# \xff\n").expect_wrong(2, 3, "is not UTF-8 from here on");
}

BOOST_AUTO_TEST_CASE(the_file_form_takes_a_hosts_file_too) {
  const temp_folder folder;
  std::ofstream(folder / "run.toml") << base_text;
  std::ofstream(folder / "lab.toml") << two_networks;
  const auto r = read_scenario_file(folder / "run.toml", {}, catalogue::builtin(),
                                    {.hosts = folder / "lab.toml"});
  BOOST_REQUIRE_MESSAGE(r.ok(), to_string(r.errors));
  BOOST_TEST(r.scenario.nodes[1].host == "10.0.0.5:7448");
}

BOOST_AUTO_TEST_CASE(without_a_hosts_file_an_override_settles_how_a_node_starts) {
  const auto child = base_with("[nodes.cloud]", "[nodes.cloud]\nstart = \"child\"");
  BOOST_TEST((read_right(child, {"nodes.cloud.host=pc"}).nodes[1].start == node_start::daemon));
  const auto joins = base_with("[nodes.cloud]", "[nodes.cloud]\nstart = \"join\"");
  BOOST_TEST((read_right(joins, {"nodes.cloud.host=pc"}).nodes[1].start == node_start::daemon));
  BOOST_TEST((read_right(joins, {"nodes.cloud.host="}).nodes[1].start == node_start::join));
  const auto there = base_with("[nodes.cloud]", "[nodes.cloud]\nhost = \"pc\"");
  BOOST_TEST(read_right(there, {"nodes.cloud.start=child"}).nodes[1].host == "");
  BOOST_TEST(read_right(there, {"nodes.cloud.start=daemon"}).nodes[1].host == "pc");
  BOOST_TEST(!read_text(base_text, {"nodes.cloud={ start = \"child\", host = \"pc\" }"}).ok());
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "runtime/config/declared_types.hpp"
#include "tests/runtime/config/base_scenario.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>

using namespace peernet;

namespace {

const std::string everything = R"(
[sensors.lidar]
doc = "points"
keys.path = { kind = "file", required = true, doc = "of calibration" }
keys.turns = { kind = "rate", default = "10Hz", min = "1Hz", max = "20Hz", doc = "a second" }
[models.segment]
doc = "points by object"
values = ["objects", "points"]
keys.limits = { kind = "numbers", min = 0, max = 1, doc = "of scores" }
[sinks.arm]
doc = "moves"
[codecs.octree]
doc = "points as a tree"
plain = true
keys.depth = { kind = "integer", min = 1, max = 20, default = 8, doc = "levels" }
[transports.radio]
doc = "by air"
one-machine = true
reliable = true
keys.window = { kind = "duration", default = "2ms", min = "1us", doc = "to answer" }
keys.rooms = { kind = "size-range", min = "1kB", max = "1MB", doc = "of packets" }
)";

catalogue with(const std::string& text) {
  auto all = catalogue::builtin();
  const auto wrong = declare_types(text, "peernet-lab.toml", "lab", all);
  BOOST_REQUIRE_MESSAGE(wrong.empty(), to_string(wrong));
  return all;
}

/// The mistakes of `text`, one a line.
std::string mistakes_of(const std::string& text) {
  auto all = catalogue::builtin();
  return to_string(declare_types(text, "peernet-lab.toml", "lab", all));
}

bool says(const std::string& text, const std::string& what) {
  const auto found = mistakes_of(text).find(what) != std::string::npos;
  if (!found)
    BOOST_TEST_MESSAGE(mistakes_of(text));
  return found;
}

} // namespace

BOOST_AUTO_TEST_SUITE(declared_types_test)

BOOST_AUTO_TEST_CASE(types_of_every_kind_are_known_with_what_they_promise) {
  const auto all = with(everything);
  for (const auto& [kind, name] :
       {std::pair{plugin_kind::sensor, "lidar"}, std::pair{plugin_kind::model, "segment"},
        std::pair{plugin_kind::sink, "arm"}, std::pair{plugin_kind::codec, "octree"},
        std::pair{plugin_kind::transport, "radio"}}) {
    BOOST_REQUIRE(all.find(kind, name));
    BOOST_TEST(all.find(kind, name)->module == "lab");
    BOOST_TEST(!all.find(kind, name)->doc.empty());
  }
  const auto& radio = *all.find(plugin_kind::transport, "radio");
  BOOST_TEST(radio.one_machine);
  BOOST_TEST(radio.reliable);
  const std::vector<std::string> values{"objects", "points"};
  BOOST_TEST(all.find(plugin_kind::model, "segment")->values == values);
  BOOST_TEST(all.find(plugin_kind::codec, "octree")->plain);
  BOOST_TEST(!all.find(plugin_kind::codec, "octree")->images);
}

BOOST_AUTO_TEST_CASE(keys_have_kinds_defaults_and_bounds_in_their_own_units) {
  const auto all = with(everything);
  const auto& radio = *all.find(plugin_kind::transport, "radio");
  const auto* window = radio.find("window");
  BOOST_REQUIRE(window);
  BOOST_TEST((window->kind == option_kind::time_span));
  BOOST_TEST((std::get<duration>(*window->otherwise) == std::chrono::milliseconds{2}));
  BOOST_TEST(window->min == 1000);
  BOOST_TEST(radio.find("rooms")->max == 1e6);
  const auto& lidar = *all.find(plugin_kind::sensor, "lidar");
  BOOST_TEST(lidar.find("path")->required);
  BOOST_TEST(lidar.find("turns")->max == 20);
  BOOST_TEST(all.find(plugin_kind::model, "segment")->find("limits")->max == 1);
}

BOOST_AUTO_TEST_CASE(a_scenario_is_checked_by_what_was_declared) {
  const auto all = with(everything);
  const auto read = [&](const std::string& transport) {
    const std::vector<std::string> over{"links.uplink.transport=" + transport};
    return read_scenario_text(base_text, "test.toml", ".", over, all);
  };
  const auto right = read("{ type = \"radio\", window = \"3ms\" }");
  BOOST_TEST(right.ok(), to_string(right.errors));
  BOOST_TEST(right.resolved.find("window = \"3ms\"") != std::string::npos, right.resolved);
  BOOST_TEST(!read("{ type = \"radio\", window = \"1ns\" }").ok());
  BOOST_TEST(!read("{ type = \"radio\", windo = \"3ms\" }").ok());
  BOOST_TEST(!read("radios").ok());
  const std::vector<std::string> lossy{"links.uplink.transport=radio",
                                       "links.uplink.impair={ loss = \"1%\" }"};
  const auto lie = read_scenario_text(base_text, "test.toml", ".", lossy, all);
  BOOST_TEST(!lie.ok()); // it retransmits, and says so
  const std::vector<std::string> away{"links.uplink.transport=radio", "nodes.cloud.host=10.0.0.5"};
  const auto far = read_scenario_text(base_text, "test.toml", ".", away, all);
  BOOST_TEST(to_string(far.errors).find("within one machine") != std::string::npos,
             to_string(far.errors));
}

BOOST_AUTO_TEST_CASE(a_codec_says_which_keys_exclude_each_other) {
  const auto codec = [](const std::string& ways) {
    return "[codecs.thin]\ndoc = \"every n-th point\"\nways = " + ways +
           "\nkeys.every = { kind = \"integer\", min = 1, doc = \"of so many\" }"
           "\nkeys.least = { kind = \"number\", doc = \"metres apart\" }"
           "\nkeys.most = { kind = \"number\", doc = \"metres apart\" }"
           "\nkeys.seed = { kind = \"integer\", default = 1, doc = \"of chance\" }\n";
  };
  const auto all = with(codec("[[\"every\"], [\"least\", \"most\"]]"));
  const auto read = [&](const std::string& settings) {
    const std::vector<std::string> over{"links.uplink.codec={ type = \"thin\"" + settings + " }"};
    return to_string(read_scenario_text(base_text, "test.toml", ".", over, all).errors);
  };
  BOOST_TEST(read(", every = 2") == "");
  BOOST_TEST(read(", least = 0.5, most = 1.5, seed = 2") == "");
  const auto holds = [](const std::string& text, const std::string& what) {
    return text.find(what) != std::string::npos;
  };
  BOOST_TEST(holds(read(""), "thin needs `every`, or `least` or `most`"), read(""));
  BOOST_TEST(holds(read(", every = 2, most = 1.5"), "`most`, not both"));

  BOOST_TEST(says(codec("[\"every\", \"least\"]"), "3:9: error: codecs.thin.ways: must be two or"));
  BOOST_TEST(says(codec("[[\"every\"]]"), "must be two or more lists"));
  BOOST_TEST(says(codec("[[\"every\"], []]"), "must be two or more lists"));
  BOOST_TEST(says(codec("[[\"every\"], [7]]"), "must be two or more lists"));
  BOOST_TEST(says(codec("[[\"every\"], [\"leest\"]]"), "no key \"leest\""));
  BOOST_TEST(says(codec("[[\"every\"], [\"every\"]]"), "\"every\" stands in it twice"));
  BOOST_TEST(says(codec("[[\"every\"], [\"seed\"]]"), "neither required nor have a default"));
  BOOST_TEST(says("[models.m]\ndoc = \"x\"\nways = []\n", "unknown key \"ways\""));
}

BOOST_AUTO_TEST_CASE(every_mistake_is_told_with_its_place) {
  BOOST_TEST(says("[transports.radio]\nreliable = 1\n", "peernet-lab.toml:1:"));
  BOOST_TEST(says("[transports.radio]\nreliable = 1\n", "transports.radio.doc: is missing"));
  BOOST_TEST(says("[transports.radio]\nreliable = 1\n", "peernet-lab.toml:2:12"));
  BOOST_TEST(says("[transport.radio]\n", "did you mean \"transports\"?"));
  BOOST_TEST(says("[transports.radio]\ndoc = \"\"\nplain = true\n", "unknown key \"plain\""));
  BOOST_TEST(says("[transports]\nradio = 1\n", "must be a table"));
  BOOST_TEST(says("[transports.Radio]\ndoc = \"\"\n", "must match"));
  BOOST_TEST(says("[transports.udp]\ndoc = \"\"\n", "two plugins for the transport type \"udp\": "
                                                    "PeerNet itself brings it, too; rename one"));
  BOOST_TEST(says("[codecs.jpeg]\ndoc = \"\"\n", "peernet-image-codecs brings it, too"));
  BOOST_TEST(says("[transports.radio", "peernet-lab.toml:1:"));
  BOOST_TEST(says("", "empty"));
}

BOOST_AUTO_TEST_CASE(a_key_that_cannot_be_is_told) {
  const auto key = [](const std::string& text) {
    return "[transports.radio]\ndoc = \"x\"\nkeys.power = " + text + "\n";
  };
  BOOST_TEST(mistakes_of(key("{ kind = \"integer\", doc = \"x\" }")).empty());
  BOOST_TEST(says(key("1"), "must be a table"));
  BOOST_TEST(says(key("{ doc = \"x\" }"), "kind: is missing"));
  BOOST_TEST(says(key("{ kind = \"sizes\", doc = \"x\" }"), "did you mean \"size\"?"));
  BOOST_TEST(says(key("{ kind = \"size\", doc = \"x\", default = 7 }"), "power.default"));
  BOOST_TEST(says(key("{ kind = \"size\", doc = \"x\", max = \"7ms\" }"), "power.max"));
  BOOST_TEST(says(key("{ kind = \"flag\", doc = \"x\", max = 1 }"), "unknown key \"max\""));
  BOOST_TEST(says(key("{ kind = \"integer\", doc = \"x\", min = 2, max = 1 }"), "below `min`"));
  BOOST_TEST(says(key("{ kind = \"integer\", doc = \"x\", max = 1, default = 2 }"), "default"));
  BOOST_TEST(says(key("{ kind = \"text\", doc = \"x\", default = \"\", required = true }"),
                  "leave one of the two out"));
  BOOST_TEST(says(key("{ kind = \"file\", doc = \"x\" }"), "only keys of sensors"));
  BOOST_TEST(says("[transports.radio]\ndoc = \"x\"\nkeys.type = { kind = \"text\", doc = \"x\" }\n",
                  "the name is taken"));
}

BOOST_AUTO_TEST_CASE(of_two_declarations_of_a_module_the_first_folder_counts) {
  const temp_folder first, second;
  std::ofstream(first / "peernet-lab.toml") << "[sinks.arm]\ndoc = \"first\"\n";
  std::ofstream(second / "peernet-lab.toml") << "[sinks.arm]\ndoc = \"second\"\n";
  std::ofstream(second / "peernet-hall.toml") << "[sinks.leg]\ndoc = \"third\"\n";
  std::ofstream(second / "notes.toml") << "no declaration";
  auto all = catalogue::builtin();
  const std::vector<std::filesystem::path> folders{"/no/such/folder", first.path(), second.path()};
  const auto wrong = declare_types(folders, all);
  BOOST_TEST(wrong.empty(), to_string(wrong));
  BOOST_TEST(all.find(plugin_kind::sink, "arm")->doc == "first");
  BOOST_TEST(all.find(plugin_kind::sink, "leg")->module == "hall");
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_a_plugins_is_told) {
  const temp_folder folder;
  for (const auto* name : {"Lab", "a_b", "zstd"})
    std::ofstream(folder / "peernet-" + name + ".toml") << "[sinks.arm]\ndoc = \"moves\"\n";
  for (const auto* name : {"lidar", "video"}) // the second of PeerNet's own, built elsewhere
    std::ofstream(folder / "peernet-" + name + ".so") << "code";
  auto all = catalogue::builtin();
  const std::vector<std::filesystem::path> folders{folder.path()};
  const auto wrong = to_string(declare_types(folders, all));
  for (const auto* part :
       {"peernet-Lab.toml: error: between \"peernet-\" and \".toml\" the name must match",
        "peernet-a_b.toml: error: between",
        "peernet-zstd.toml: error: PeerNet has a plugin of this",
        "peernet-lidar.so: error: nothing declares what this plugin brings; put "
        "peernet-lidar.toml beside it"})
    BOOST_TEST(wrong.find(part) != std::string::npos, part << " in " << wrong);
  BOOST_TEST(wrong.find("video") == std::string::npos, wrong);
  BOOST_TEST(!all.find(plugin_kind::sink, "arm"));
}

BOOST_AUTO_TEST_CASE(what_is_right_is_known_whatever_is_wrong_beside_it) {
  const temp_folder folder;
  std::ofstream(folder / "peernet-bad.toml") << "[[";
  std::ofstream(folder / "peernet-good.toml") << "[sinks.arm]\ndoc = \"moves\"\n";
  std::filesystem::create_directory(folder / "peernet-folder.toml");
  auto all = catalogue::builtin();
  const std::vector<std::filesystem::path> folders{folder.path()};
  const auto wrong = declare_types(folders, all);
  BOOST_TEST(wrong.size() == 2u);
  BOOST_TEST(to_string(wrong).find(folder / "peernet-bad.toml") != std::string::npos);
  BOOST_TEST(all.find(plugin_kind::sink, "arm"));
}

BOOST_AUTO_TEST_SUITE_END()

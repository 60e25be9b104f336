// SPDX-License-Identifier: MIT
#include "runtime/config/catalogue.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>

using namespace peernet;

namespace {

/// A value of TOML that goes in and comes out again as the same.
bool default_is_valid(const option_def& def) {
  const auto printed = print_value(def, *def.otherwise);
  const auto parsed = parse_document("v = " + printed, 0);
  const auto& table = std::get<document_table>(parsed);
  const auto back = read_value(def, table.find("v")->value);
  return back.ok() && *back == *def.otherwise;
}

} // namespace

BOOST_AUTO_TEST_SUITE(catalogue_test)

BOOST_AUTO_TEST_CASE(types_are_found_by_kind_and_name) {
  const auto& all = catalogue::builtin();
  BOOST_REQUIRE(all.find(plugin_kind::sensor, "video"));
  BOOST_TEST(all.find(plugin_kind::sensor, "video")->module == "video");
  BOOST_TEST(all.find(plugin_kind::model, "dummy")->module == "");
  BOOST_TEST(!all.find(plugin_kind::model, "video"));
  const std::vector<std::string> codecs{"raw", "jpeg", "png", "webp", "resize", "zstd"};
  BOOST_TEST(all.names(plugin_kind::codec) == codecs);
  const std::vector<std::string> transports{"zmq-tcp", "zmq-ipc", "tcp", "shm", "caf", "udp"};
  BOOST_TEST(all.names(plugin_kind::transport) == transports);
}

BOOST_AUTO_TEST_CASE(what_stays_within_one_machine_is_a_property_of_transports) {
  for (const auto& entry : catalogue::builtin().entries())
    BOOST_TEST(entry.one_machine == (entry.name == "zmq-ipc" || entry.name == "shm"), entry.name);
}

BOOST_AUTO_TEST_CASE(ways_to_say_one_thing_are_keys_that_may_be_left_out) {
  for (const auto& entry : catalogue::builtin().entries())
    for (const auto& way : entry.ways)
      for (const auto& name : way) {
        BOOST_REQUIRE_MESSAGE(entry.find(name), entry.name << "." << name);
        BOOST_TEST((!entry.find(name)->required && !entry.find(name)->otherwise), name);
      }
}

BOOST_AUTO_TEST_CASE(every_declaration_is_complete_and_its_default_is_valid) {
  for (const auto& entry : catalogue::builtin().entries()) {
    BOOST_TEST(!entry.doc.empty(), entry.name);
    for (const auto& def : entry.options)
      BOOST_TEST_CONTEXT(entry.name << "." << def.name) {
        BOOST_TEST(!def.doc.empty());
        BOOST_TEST(!(def.required && def.otherwise));
        if (def.otherwise)
          BOOST_TEST(default_is_valid(def));
      }
  }
}

BOOST_AUTO_TEST_CASE(the_page_for_users_names_every_type_key_and_default) {
  std::ifstream file(PEERNET_SOURCE_DIR "/scenarios/README.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  BOOST_REQUIRE(!page.empty());
  const auto named = [&](const std::string& what) {
    BOOST_TEST(page.find("`" + what + "`") != std::string::npos,
               "scenarios/README.md does not name `" << what << "`");
  };
  for (const auto& entry : catalogue::builtin().entries()) {
    if (entry.kind == plugin_kind::transport)
      named("\"" + entry.name + "\"");
    else
      named(entry.name);
    for (const auto& value : entry.values)
      named(value);
    for (const auto& def : entry.options) {
      named(def.name);
      if (def.otherwise && def.kind != option_kind::time_span)
        named(print_value(def, *def.otherwise));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_plugin_adds_types_of_its_own) {
  auto all = catalogue::builtin();
  BOOST_TEST(all.add({plugin_kind::sensor, "lidar", "lidar", "points"}).ok());
  BOOST_TEST(all.find(plugin_kind::sensor, "lidar")->module == "lidar");
  BOOST_TEST(!catalogue::builtin().find(plugin_kind::sensor, "lidar"));
}

BOOST_AUTO_TEST_CASE(names_that_are_taken_are_refused) {
  auto all = catalogue::builtin();
  const auto twice = all.add({plugin_kind::model, "echo", "mine", ""});
  BOOST_REQUIRE(!twice.ok());
  BOOST_TEST(twice.error().message.find("\"echo\"") != std::string::npos);
  BOOST_TEST(!all.add({plugin_kind::sensor, "x", "", "", {{.name = "rate"}}}).ok());
  BOOST_TEST(!all.add({plugin_kind::model, "x", "", "", {{.name = "queue"}}}).ok());
  BOOST_TEST(!all.add({plugin_kind::codec, "x", "", "", {{.name = "a"}, {.name = "a"}}}).ok());
  BOOST_TEST(all.add({plugin_kind::model, "x", "", "", {{.name = "rate"}}}).ok());
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "actors/protocol.hpp"
#include "actors/system_config.hpp"
#include "tests/support/actor_fixture.hpp"

#include <set>
#include <sstream>

using namespace peernet;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

} // namespace

BOOST_AUTO_TEST_SUITE(system_config_test)

BOOST_AUTO_TEST_CASE(the_type_list_names_every_message_once) {
  const auto names = lines_of(type_list());
  BOOST_TEST(names.size() == (std::set<std::string>(names.begin(), names.end()).size()));
  for (const auto* name : {"deployment", "node_ready", "run_terms", "end_line", "start_order",
                           "node_report", "notice_line", "run_event", "wire_frame", "node_actor"})
    BOOST_TEST((std::find(names.begin(), names.end(), name) != names.end()), name);
  BOOST_TEST(type_list() == type_list());
}

BOOST_AUTO_TEST_CASE(every_named_type_is_known_to_the_system) {
  actor_fixture f;
  for (const auto& name : lines_of(type_list()))
    BOOST_TEST(static_cast<bool>(f.system.types().make_value(name)), name);
}

BOOST_AUTO_TEST_CASE(a_process_has_a_middleman_that_listens_nowhere_and_hears_heartbeats) {
  const system_config c;
  BOOST_TEST(caf::get_or(c, "middleman.heartbeat-interval", caf::timespan{0}).count() > 0);
  BOOST_TEST(caf::get_or(c, "middleman.connection-timeout", caf::timespan{0}).count() >
             caf::get_or(c, "middleman.heartbeat-interval", caf::timespan{0}).count());
  BOOST_CHECK(caf::get_or(c, "scheduler.policy", caf::atom("")) == caf::atom("sharing"));
}

BOOST_AUTO_TEST_CASE(tests_have_a_scheduler_of_their_own) {
  actor_fixture f;
  bool done = false;
  f.spawn([&](caf::event_based_actor* self) {
    self->delayed_send(self, std::chrono::hours{1}, tick_atom::value);
    self->become([&, self](tick_atom) {
      done = true;
      self->quit();
    });
  });
  BOOST_TEST(!done);
  f.pass(std::chrono::hours{1}, std::chrono::minutes{1});
  BOOST_TEST(done);
}

BOOST_AUTO_TEST_SUITE_END()

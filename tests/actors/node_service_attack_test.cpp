// SPDX-License-Identifier: MIT
#include "tests/actors/service_fixture.hpp"

#include <functional>

using namespace peernet;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_SUITE(node_service_attack_test, service_fixture)

BOOST_AUTO_TEST_CASE(files_that_are_not_what_was_announced_are_refused) {
  const std::string content = "0123456789";
  const auto named = entry("a", content);
  using saying = std::function<void(framed_stream&)>;
  const std::vector<std::pair<std::string, saying>> sayings{
      {"not asked for", [&](auto& s) { ship(s, "other", 5); }},
      {"not asked for", [&](auto& s) { ship(s, content, 9); }},
      {"not asked for", [&](auto& s) { ship(s, content, UINT64_MAX); }},
      {"before its time",
       [&](auto& s) {
         say(s, file_follows{"", named.digest, 10});
         needed(s.send(frame_type::file, "01234", soon()));
         say(s, start_worker{});
       }},
      {"before its time",
       [&](auto& s) {
         say(s, file_follows{"", named.digest, 10});
         needed(s.send(frame_type::control, "0123456789", soon()));
       }},
      {"more bytes",
       [&](auto& s) {
         say(s, file_follows{"", named.digest, 10});
         needed(s.send(frame_type::file, "0123456789+", soon()));
       }},
      {"not the file",
       [&](auto& s) {
         say(s, file_follows{"", named.digest, 10});
         needed(s.send(frame_type::file, "9876543210", soon()));
       }},
  };
  for (const auto& [why, says] : sayings) {
    coordinator c(*this);
    (void)c.greet();
    BOOST_TEST(c.order({named}).size() == 1u);
    says(*c.stream);
    const auto told = c.refused();
    BOOST_TEST(told.find(why) != std::string::npos, told);
    c.stream.reset();
    BOOST_TEST(!c.ended().ok());
  }
  BOOST_TEST(fs::is_empty(cache / "files"));
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(names_and_sizes_that_it_does_not_take_are_refused) {
  for (const auto& [e, why] :
       {std::pair{entry("../a", "x"), "none"},
        std::pair{shipped_entry{"a", "no digest", 1}, "none"},
        std::pair{shipped_entry{"a", digest_of("x"), 2 << 20}, "--accept-files"}}) {
    coordinator c(*this);
    (void)c.greet();
    say(*c.stream, preparation{"demo", "cloud", {e}});
    const auto told = c.refused();
    BOOST_TEST(told.find(why) != std::string::npos, told);
    BOOST_TEST(!c.ended().ok());
  }
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(hostile_frames_cost_that_visit_alone) {
  using saying = std::function<void(framed_stream&)>;
  const std::vector<saying> sayings{
      [](auto& s) { (void)write_all(s.stream(), std::string(64, '\xff')); },
      [](auto& s) { needed(s.send(frame_type::message, "[[[[", soon())); },
      [](auto& s) { needed(s.send(frame_type::file, "x", soon())); },
      [](auto& s) { needed(s.send(frame_type::control, "BASP", soon())); },
      [](auto& s) { say(s, worker_ended{"never"}); },
      [](auto& s) {
        say(s, pairing{"claim", "name"});
      },
      [](auto& s) { s.stream().say_goodbye(); },
  };
  coordinator other(*this); // its run goes on
  (void)other.run();
  (void)other.hear_worker();
  for (const auto& says : sayings)
    for (const bool greeted : {false, true}) {
      coordinator c(*this);
      if (greeted)
        (void)c.greet();
      says(*c.stream);
      (void)c.ended();
      c.stream.reset();
    }
  other.tell_worker("say undisturbed");
  BOOST_TEST(other.hear_worker() == "undisturbed\n");
  other.tell_worker("exit 0");
  BOOST_TEST(hear<worker_ended>(*other.stream).how == "exit code 0");
  other.stream.reset();
  (void)other.ended();
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(hostile_frames_beside_a_worker_end_the_run_and_leave_nothing) {
  using saying = std::function<void(framed_stream&)>;
  const std::vector<saying> sayings{
      [](auto& s) { (void)write_all(s.stream(), std::string(64, '\xff')); },
      [](auto& s) { needed(s.send(frame_type::file, "x", soon())); },
  };
  for (const auto& says : sayings) {
    {
      coordinator c(*this);
      (void)c.run();
      (void)c.hear_worker();
      says(*c.stream);
      BOOST_TEST(!c.ended().ok());
    }
    check_nothing_is_left();
  }
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "tests/actors/service_fixture.hpp"

#include <fstream>
#include <map>

using namespace peernet;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_SUITE(node_service_test, service_fixture)

BOOST_AUTO_TEST_CASE(it_tells_what_it_is_and_what_it_takes) {
  {
    coordinator c(*this);
    const auto facts = c.greet();
    BOOST_TEST(facts.name == "robot");
    BOOST_TEST(facts.ports == "7500-7599");
    BOOST_TEST(facts.most_shipped == 1u << 20);
    BOOST_TEST(facts.protocol == remote_protocol);
    BOOST_TEST(facts.busy.empty());
    c.stream.reset(); // it only asked
    BOOST_TEST(c.ended().ok());
  }
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(it_tells_the_plugins_that_its_workers_will_see) {
  const auto plugins = worker.folder / "plugins";
  fs::create_directory(plugins);
  std::ofstream(fs::path(plugins) / "peernet-lidar.so") << "";
  ::setenv("PEERNET_PLUGIN_PATH", plugins.c_str(), 1); // the owner's own, not for runs
  BOOST_TEST(!std::ranges::count(coordinator(*this).greet().plugins, "lidar"));
  ::unsetenv("PEERNET_PLUGIN_PATH");
  service = std::make_unique<node_service>(node_service::settings{
      .name = "robot", .program = "", .plugins = plugins, .ports = {}, .cache = cache});
  BOOST_TEST(std::ranges::count(coordinator(*this).greet().plugins, "lidar") == 1);
}

BOOST_AUTO_TEST_CASE(a_worker_s_end_is_told_in_words) {
  for (const auto& [word, end] :
       {std::pair{"exit 0", "exit code 0"}, std::pair{"exit 3", "exit code 3"},
        std::pair{"die", "killed by signal 9 (Killed)"}}) {
    {
      coordinator c(*this);
      const auto started = c.run();
      BOOST_TEST(started.pid > 0);
      BOOST_TEST(fs::exists(started.folder));
      BOOST_TEST(c.hear_worker() == "ready\n");
      c.tell_worker(word);
      BOOST_TEST(hear<worker_ended>(*c.stream).how == end);
      hear_end(*c.stream);
      BOOST_TEST(c.ended().ok());
      BOOST_TEST(!fs::exists(started.folder));
      BOOST_TEST(has_logged(end));
    }
    check_nothing_is_left();
  }
}

BOOST_AUTO_TEST_CASE(what_the_worker_says_last_comes_before_its_end) {
  coordinator c(*this);
  (void)c.run();
  (void)c.hear_worker();
  c.tell_worker("say last words");
  c.tell_worker("exit 0");
  BOOST_TEST(c.hear_worker() == "last words\n");
  BOOST_TEST(hear<worker_ended>(*c.stream).how == "exit code 0");
}

BOOST_AUTO_TEST_CASE(a_worker_runs_in_a_folder_of_its_own_with_the_files_it_was_sent) {
  {
    coordinator c(*this);
    (void)c.greet();
    const std::string content = "a picture";
    const std::vector files{entry("files/0-a", content), entry("files/1-b", content)};
    BOOST_TEST((c.order(files) == std::vector{digest_of(content)}));
    ship(*c.stream, content, content.size());
    const auto started = c.start();
    (void)c.hear_worker();
    c.tell_worker("where");
    BOOST_TEST(c.hear_worker() == started.folder + "\n");
    c.tell_worker("show files/1-b");
    BOOST_TEST(c.hear_worker() == content);
    c.tell_worker("variable PEERNET_PLUGIN_PATH");
    BOOST_TEST(c.hear_worker() == "()\n"); // not the owner's
  }
  await("the run to end", [&] { return has_logged("is over"); });
  await("the worker to be gone", [&] { return worker.alive() == 0; });
  coordinator again(*this);
  (void)again.greet();
  BOOST_TEST(again.order({entry("x", "a picture")}).empty()); // kept
}

BOOST_AUTO_TEST_CASE(what_its_sinks_wrote_follows_its_end) {
  {
    coordinator c(*this);
    (void)c.run();
    (void)c.hear_worker();
    c.tell_worker("write output/recorder/1.txt some text");
    c.tell_worker("write output/empty");
    c.tell_worker("link output/link");
    c.tell_worker("exit 0");
    (void)hear<worker_ended>(*c.stream);
    std::map<std::string, std::string> came;
    for (int i = 0; i < 2; ++i) {
      const auto f = hear<file_follows>(*c.stream);
      came[f.name] = hear_file(*c.stream, f.bytes);
    }
    hear_end(*c.stream);
    BOOST_TEST(came.size() == 2u);
    BOOST_TEST(came["recorder/1.txt"] == "some text\n");
    BOOST_TEST(came["empty"] == "\n");
    BOOST_TEST(c.ended().ok());
  }
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(outputs_that_cannot_be_opened_do_not_harm_it) {
  {
    coordinator c(*this);
    (void)c.run();
    (void)c.hear_worker();
    c.tell_worker("dig output"); // deeper than any path may be long
    c.tell_worker("exit 0");
    (void)hear<worker_ended>(*c.stream);
    hear_end(*c.stream);
    BOOST_TEST(c.ended().ok());
    BOOST_TEST(has_logged("cannot bring"));
  }
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(a_coordinator_that_goes_lets_the_worker_end) {
  {
    coordinator c(*this);
    (void)c.run();
    (void)c.hear_worker();
    c.stream.reset();
    const auto ended = c.ended();
    BOOST_REQUIRE(!ended.ok());
    BOOST_TEST(ended.error().code == errc::closed);
    BOOST_TEST(has_logged("is over: exit code 0")); // by itself, at the end of its input
  }
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(a_worker_that_does_not_end_by_itself_is_killed_with_all_it_started) {
  {
    coordinator c(*this);
    (void)c.run();
    (void)c.hear_worker();
    c.tell_worker("hang");
    BOOST_TEST(c.hear_worker() == "hanging\n");
    BOOST_TEST(worker.alive() >= 2u);
    c.stream.reset();
    BOOST_TEST(!c.ended().ok());
    BOOST_TEST(has_logged("killed by signal 9"));
  }
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(when_the_machine_s_owner_wants_it_to_stop_the_worker_does) {
  {
    coordinator c(*this);
    (void)c.run();
    (void)c.hear_worker();
    c.stop.request_stop();
    BOOST_TEST(hear<worker_ended>(*c.stream).how == "killed by signal 9 (Killed)");
    hear_end(*c.stream);
    (void)c.ended();
  }
  check_nothing_is_left();
  coordinator idle(*this);
  (void)idle.greet();
  idle.stop.request_stop();
  BOOST_TEST(idle.ended().ok());
}

BOOST_AUTO_TEST_CASE(a_second_coordinator_is_refused_by_name_and_harms_nothing) {
  {
    coordinator first(*this);
    (void)first.run();
    (void)first.hear_worker();
    coordinator second(*this);
    BOOST_TEST(second.greet().busy == "run \"demo\" of laptop");
    say(*second.stream, preparation{"other", "cloud", {}});
    BOOST_TEST(second.refused() == "it is busy with run \"demo\" of laptop");
    const auto ended = second.ended();
    BOOST_REQUIRE(!ended.ok());
    BOOST_TEST(ended.error().code == errc::refused);
    first.tell_worker("say still here");
    BOOST_TEST(first.hear_worker() == "still here\n");
  }
  await("the run to end", [&] { return has_logged("is over"); });
  await("the worker to be gone", [&] { return worker.alive() == 0; });
}

BOOST_AUTO_TEST_CASE(who_holds_it_and_falls_silent_loses_it) {
  service = make(worker.program, 50ms);
  coordinator silent(*this);
  (void)silent.greet();
  (void)silent.order();
  const auto ended = silent.ended();
  BOOST_REQUIRE(!ended.ok());
  BOOST_TEST(ended.error().code == errc::timeout);
  coordinator next(*this);
  BOOST_TEST(next.greet().busy.empty());
}

BOOST_AUTO_TEST_CASE(who_waits_for_others_says_so_and_is_not_answered) {
  coordinator c(*this);
  (void)c.greet();
  (void)c.order();
  for (int i = 0; i < 3; ++i)
    say(*c.stream, still_here{});
  BOOST_TEST(c.start().pid > 0);
}

BOOST_AUTO_TEST_CASE(who_has_ordered_has_it_until_he_goes) {
  {
    coordinator first(*this);
    (void)first.greet();
    (void)first.order();
    coordinator second(*this);
    (void)second.greet();
    say(*second.stream, preparation{"other", "cloud", {}});
    (void)second.refused();
    first.stream.reset();
    BOOST_TEST(!first.ended().ok());
  }
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(a_program_that_cannot_be_started_is_told) {
  service = make(worker.folder / "none");
  {
    coordinator c(*this);
    (void)c.greet();
    (void)c.order();
    say(*c.stream, start_worker{});
    BOOST_TEST(c.refused().find("cannot start") != std::string::npos);
    BOOST_TEST(!c.ended().ok());
  }
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(who_joins_speaks_first_and_says_who_it_wants_to_be) {
  coordinator c(*this, joining{"cloud", "echo"});
  const auto said = hear<greeting>(*c.stream);
  BOOST_TEST(said.node == "cloud");
  BOOST_TEST(said.scenario == "echo");
  say(*c.stream, greeting{});
  BOOST_TEST(c.order().empty());
  (void)c.start();
  (void)c.hear_worker();
  c.tell_worker("exit 0");
  (void)hear<worker_ended>(*c.stream);
  c.stream.reset();
  BOOST_TEST(c.ended().ok());
}

BOOST_AUTO_TEST_CASE(who_joins_and_is_not_wanted_learns_why) {
  {
    coordinator c(*this, joining{"cloud", "echo"});
    (void)hear<greeting>(*c.stream);
    say(*c.stream, refusal{"another scenario"});
    const auto ended = c.ended();
    BOOST_REQUIRE(!ended.ok());
    BOOST_TEST(ended.error().message == "another scenario");
  }
  coordinator c(*this, joining{"cloud", "echo"});
  (void)hear<greeting>(*c.stream);
  say(*c.stream, greeting{});
  c.stream.reset(); // before it has played anything
  BOOST_TEST(!c.ended().ok());
}

BOOST_AUTO_TEST_SUITE_END()

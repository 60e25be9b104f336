// SPDX-License-Identifier: MIT
// A daemon whose port is attacked, by strangers and by a coordinator that it trusts: it lives, it
// holds no more than before, and the run beside it goes well.
#include "tests/support/run_scenarios.hpp"
#include "tests/system/port_attacks.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <list>
#include <string>
#include <vector>

using namespace peernet;
using namespace std::literals;

namespace {

const sinks_reached one_each{{"probe", 1}};
constexpr std::int64_t megabyte = 1 << 20;

/// Sanitizers keep freed memory for themselves.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_tells = false;
#else
constexpr bool memory_tells = true;
#endif

/// More of its own than before.
constexpr std::int64_t most_kept = 16 * megabyte;
/// At the worst moment, with its program.
constexpr std::int64_t most_ever = 80 * megabyte;
/// Places at the door and inside, and what a run takes.
constexpr std::size_t most_open = 100;

/// However late a busy machine is, nothing is dropped.
const std::vector<std::string> patient{
    "scenario.duration=6s", "inference.mirror.queue={size=600}", "sinks.back.queue={size=600}",
    "links.up.send-queue={size=600}", "links.down.send-queue={size=600}"};

/// A daemon that has had a run, and what it held then.
struct attacked {
  lone_daemon daemon;
  process_figures before = look_at(daemon.pid());
  random_source random{2};

  attacked() {
    has_a_run(); // whatever is made at the first need is made now
    before.memory = look_at(daemon.pid()).memory;
  }

  void has_a_run() {
    daemon.await_free();
    auto run = daemon.run(echo_scenario, {"scenario.samples=20"});
    run.expect_end(0, one_each);
    BOOST_TEST(run.out().substr(0, 5) == "VALID", run.out());
    daemon.await_free();
  }

  /// The same process, as good as new.
  void check_unharmed() {
    has_a_run();
    BOOST_TEST(daemon.lives());
    await_that("its descriptors and threads are those of before", [&] {
      const auto now = look_at(daemon.pid());
      return now.descriptors <= before.descriptors && now.threads <= before.threads;
    });
    const auto now = look_at(daemon.pid());
    BOOST_TEST_MESSAGE("memory " << before.memory / 1024 << " kB before, " << now.memory / 1024
                                 << " kB after, at most " << now.most_memory / 1024 << " kB");
    if (memory_tells) {
      BOOST_TEST(now.memory < before.memory + most_kept);
      BOOST_TEST(now.most_memory < most_ever);
    }
  }

  /// No visitor is being served with a run.
  void await_idle() {
    await_that("the daemon has no visitor's run", [&] {
      hostile_coordinator peer(daemon);
      return peer.greet().busy.empty();
    });
  }

  /// One visit that ends with what it says.
  void visit(const hostile_saying& what, bool greets) {
    hostile_coordinator peer(daemon);
    if (greets)
      (void)peer.greet();
    what.say(peer, random);
    (void)peer.hear_end();
    BOOST_TEST_REQUIRE(daemon.lives(), what.name);
  }
  void visit_with_everything() {
    for (const bool greets : {false, true}) {
      for (const auto& what : no_frames())
        visit(what, greets);
      for (const auto& what : no_messages())
        visit(what, greets);
      for (const auto& text : costly_texts())
        visit({"a costly text", [&](auto& peer, auto&) { peer.send(frame_type::message, text); }},
              greets);
    }
  }
};

shipped_entry entry(std::string name, std::string digest, std::uint64_t bytes = 0) {
  return {std::move(name), std::move(digest), bytes};
}

const std::string some_digest(64, 'a');

} // namespace

BOOST_FIXTURE_TEST_SUITE(control_port_test, attacked)

BOOST_AUTO_TEST_CASE(a_run_goes_on_undisturbed_beside_strangers_and_a_hostile_coordinator) {
  auto run = daemon.run(endless_scenario, patient);
  run.await_samples(10);
  const auto stranger = *identity::make("stranger");
  {
    strangers all(daemon);
    all.stay_silent(300);
    all.creep(20);
    std::list<hostile_coordinator> slow; // a long message each, which never comes to its end
    for (int i = 0; i < 8; ++i) {
      slow.emplace_back(daemon);
      slow.back().write("\x01\0\0\0\0\0\x10\0"sv);
      slow.back().write(std::string(900'000, ' '));
    }
    // At least once through everything, and on for as long as the run goes on.
    for (bool first = true; first || !run.ended(); first = false) {
      all.creep_on();
      all.babble(first ? 3000 : 100);
      all.begin_and_stay(first ? 100 : 1);
      BOOST_TEST_REQUIRE(!all.shows(nullptr));
      BOOST_TEST_REQUIRE(!all.shows(&stranger));
      BOOST_TEST_REQUIRE(look_at(daemon.pid()).descriptors < before.descriptors + most_open);
      if (!first)
        continue;
      visit_with_everything();
      hostile_coordinator rival(daemon);
      (void)rival.greet();
      rival.say(preparation{"rival", "cloud", {}});
      BOOST_TEST(rival.hear_end().find("busy") != std::string::npos);
    }
  }
  run.expect_end(0, one_each);
  BOOST_TEST(run.out().substr(0, 5) == "VALID", run.out());
  BOOST_TEST(run.database().number("SELECT COUNT(*) FROM outcomes WHERE "
                                   "outcome = 'delivered'") == 600);
  BOOST_TEST(daemon.log().find("turned away strangers") != std::string::npos);
  check_unharmed();
}

BOOST_AUTO_TEST_CASE(orders_that_no_machine_can_carry_out_are_refused) {
  visit_with_everything();
  const std::vector<std::vector<shipped_entry>> refused{
      {entry("../outside", some_digest)},
      {entry("/etc/passwd", some_digest)},
      {entry("a/../../b", some_digest)},
      {entry("", some_digest)},
      {entry("a\0b"s, some_digest)},
      {entry(std::string(100'000, 'a'), some_digest)},
      {entry("a", "../../outside")},
      {entry("a", "")},
      {entry("a", some_digest, UINT64_MAX), entry("b", some_digest, UINT64_MAX)},
      {entry("a", some_digest, 1ull << 50)},
      std::vector<shipped_entry>(20'000, entry("a", "")),
  };
  for (const auto& files : refused) {
    hostile_coordinator peer(daemon);
    (void)peer.greet();
    peer.say(preparation{"hostile", "cloud", files});
    BOOST_TEST(!peer.hear_end().empty(),
               "files such as \"" << files.front().name.substr(0, 40) << "\" were not refused");
  }
  check_unharmed();
}

BOOST_AUTO_TEST_CASE(orders_that_are_not_kept_end_the_visit) {
  std::vector<shipped_entry> many; // as many as a message holds
  for (int i = 0; i < 9'000; ++i) {
    auto number = std::to_string(i);
    many.push_back(entry("f", std::string(64 - number.size(), 'b') + number));
  }
  const std::vector<std::function<void(hostile_coordinator&)>> not_kept{
      [](auto&) {}, // it just leaves
      [](auto& peer) { peer.say(start_worker{}); },
      [&](auto& peer) { peer.send(frame_type::file, noise(random, most_piece)); },
      [&](auto& peer) { peer.send(frame_type::control, noise(random, most_piece)); },
      [](auto& peer) {
        peer.say(file_follows{"", some_digest, UINT64_MAX});
      },
      [](auto& peer) {
        peer.say(file_follows{"", std::string(64, 'c'), 0});
      },
  };
  for (const auto& says : not_kept) {
    await_idle();
    hostile_coordinator peer(daemon);
    BOOST_TEST(peer.order(many).size() == many.size());
    says(peer);
    if (&says != &not_kept.front())
      (void)peer.hear_end();
  }
  check_unharmed();
}

BOOST_AUTO_TEST_CASE(hostile_control_bytes_may_cost_the_worker_and_nothing_else) {
  const std::string handshake = "\0\0\0\0\x04\0\0\0"s + std::string(24, '\0'); // of 64 MB
  const std::vector<std::string> sayings{noise(random, most_piece), std::string(most_piece, '\0'),
                                         std::string(most_piece, '\xff'), handshake,
                                         handshake + noise(random, 60'000)};
  for (const auto& bytes : sayings) {
    await_idle();
    hostile_coordinator peer(daemon);
    peer.start_worker();
    peer.send(frame_type::control, bytes);
    if (&bytes == &sayings.front()) {
      for (int i = 0; i < 500; ++i) // whether it still reads or not
        peer.send(frame_type::control, noise(random, most_piece));
    }
  }
  for (const auto& what : no_frames()) {
    await_idle();
    hostile_coordinator peer(daemon);
    peer.start_worker();
    what.say(peer, random);
    (void)peer.hear_end();
  }
  check_unharmed();
}

BOOST_AUTO_TEST_SUITE_END()

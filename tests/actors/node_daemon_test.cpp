// SPDX-License-Identifier: MIT
#include "actors/node_daemon.hpp"
#include "actors/remote/invitation.hpp"
#include "actors/remote/node_call.hpp"
#include "actors/remote/pairing.hpp"
#include "tests/actors/remote/scripted_peer.hpp"
#include "tests/actors/stand_in.hpp"
#include "tests/support/why.hpp"

#include <fstream>

using namespace peernet;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// A machine with a daemon, and a laptop that it trusts as a coordinator.
struct fixture {
  stand_in worker;
  temp_folder of_laptop, of_robot;
  machine laptop{"laptop"}, robot{"robot"};
  std::mutex mutex;
  std::vector<std::string> lines;
  std::ptrdiff_t descriptors = open_descriptors();
  std::unique_ptr<node_daemon> daemon = open(robot.self);

  fixture() {
    laptop.knows(robot);
    trust_as_coordinator(laptop.self);
  }
  std::unique_ptr<node_daemon> open(std::optional<identity> self) {
    return must(node_daemon::open({.address = "127.0.0.1",
                                   .self = std::move(self),
                                   .folder = of_robot.path(),
                                   .service = {.name = "robot",
                                               .program = worker.program,
                                               .plugins = "",
                                               .ports = {},
                                               .cache = fs::path(worker.folder / "cache"),
                                               .log = [this](const std::string& line) {
                                                 const std::lock_guard lock(mutex);
                                                 lines.push_back(line);
                                               }}}));
  }
  void trust_as_coordinator(const identity& who) {
    must(trust(of_robot.path())
             .add({.role = peer_role::coordinator, .print = who.print(), .name = who.name()}));
  }
  std::ptrdiff_t count_logged(std::string_view what) {
    const std::lock_guard lock(mutex);
    return std::ranges::count_if(lines, [&](const auto& l) { return l.find(what) != l.npos; });
  }
  bool has_logged(std::string_view what) { return count_logged(what) > 0; }
  framed_stream come(const stream_security& as) {
    framed_stream stream(must(secure_stream::over(
        must(dial("127.0.0.1", daemon->at().port, soon())), as, stream_side::client)));
    must(stream.handshake(soon()));
    return stream;
  }
  framed_stream come() { return come(laptop.security); }
  machine_facts greet(framed_stream& s) {
    say(s, greeting{});
    return hear<greeting>(s).facts;
  }
  /// From greeting to a worker that is ready.
  void run(framed_stream& s, const std::string& name = "demo") {
    (void)greet(s);
    say(s, preparation{name, "cloud", {}});
    (void)hear<wanted_files>(s);
    say(s, start_worker{});
    (void)hear<worker_started>(s);
    BOOST_TEST(must(s.receive(soon())).body == "ready\n");
  }
  void end_run(framed_stream& s) {
    must(s.send(frame_type::control, "exit 0\n", soon()));
    BOOST_TEST(hear<worker_ended>(s).how == "exit code 0");
    hear_end(s);
  }
  result<trusted_peer> pair(const identity& self, const temp_folder& folder,
                            const std::string& token) {
    return pair_with("127.0.0.1", daemon->at().port, token, self, folder.path(), test_deadline);
  }
  void check_nothing_is_left() {
    await("processes to be gone", [&] { return worker.alive() == 0; });
    await("descriptors to be closed", [&] { return open_descriptors() <= descriptors + 3; });
    std::error_code none;
    const fs::path runs = worker.folder / "cache/runs";
    await("work folders to be gone", [&] { return !fs::exists(runs) || fs::is_empty(runs, none); });
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(node_daemon_test, fixture)

BOOST_AUTO_TEST_CASE(a_coordinator_that_is_trusted_has_its_run) {
  {
    auto stream = come();
    run(stream);
    end_run(stream);
  }
  check_nothing_is_left();
  BOOST_TEST(has_logged("laptop (127.0.0.1): run \"demo\" begins"));
  BOOST_TEST(daemon->counters().admitted == 1u);
  auto again = come();
  await("the machine to be free", [&] {
    auto next = come();
    return greet(next).busy.empty();
  });
}

BOOST_AUTO_TEST_CASE(the_coordinator_s_own_side_fits_it) {
  auto own = greeting{}.facts;
  {
    auto stream = come();
    own = greet(stream);
  }
  const auto call = must(node_call::to({.node = "cloud", .own = own, .outputs = ""}, "127.0.0.1",
                                       daemon->at().port, laptop.security, test_deadline));
  BOOST_TEST(call->facts().name == "robot");
  must(call->prepare("demo", {}, {}));
  const int fd = must(call->start());
  send_raw(fd, "exit 7\n");
  BOOST_TEST(call->wait_end(soon()).value_or("") == "exit code 7");
  BOOST_TEST(call->wait_files(test_deadline));
  ::close(fd);
}

BOOST_AUTO_TEST_CASE(a_trust_file_that_became_unreadable_is_told_once) {
  std::ofstream(of_robot / "trusted") << "nonsense\n";
  for (int i = 0; i < 3; ++i) {
    framed_stream stream(must(secure_stream::over(
        must(dial("127.0.0.1", daemon->at().port, soon())), laptop.security, stream_side::client)));
    (void)stream.handshake(soon());
    BOOST_TEST(!stream.receive(soon()).ok());
  }
  BOOST_TEST(count_logged("nobody is trusted: ") == 1);
}

BOOST_AUTO_TEST_CASE(a_daemon_does_not_start_with_an_unreadable_trust_file) {
  std::ofstream(of_robot / "trusted") << "nonsense\n";
  const auto failed = node_daemon::open(
      {.address = "127.0.0.1", .self = robot.self, .folder = of_robot.path(), .service = {}});
  BOOST_REQUIRE(!failed.ok());
  BOOST_TEST(failed.error().message.find("trusted:1: ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_second_coordinator_is_told_with_whom_it_is_busy) {
  const machine desk("desk");
  trust_as_coordinator(desk.self);
  auto first = come();
  run(first);
  const stream_security as_desk{.self = &desk.self,
                                .welcome = [](const fingerprint&) { return true; }};
  auto second = come(as_desk);
  BOOST_TEST(greet(second).busy == "run \"demo\" of laptop (127.0.0.1)");
  say(second, preparation{"other", "cloud", {}});
  BOOST_TEST(hear<refusal>(second).why == "it is busy with run \"demo\" of laptop (127.0.0.1)");
  hear_end(second);
  await("the log", [&] { return has_logged("desk (127.0.0.1): it is busy"); });
  end_run(first);
}

BOOST_AUTO_TEST_CASE(who_is_not_trusted_does_not_come_in) {
  machine stranger("stranger"), other_role("other");
  must(trust(of_robot.path())
           .add({.role = peer_role::node, .print = other_role.self.print(), .name = "other"}));
  for (auto* who : {&stranger, &other_role}) {
    who->knows(robot);
    auto stream = come(who->security);
    (void)stream.send(frame_type::message, encode(greeting{}), soon());
    BOOST_TEST(!stream.receive(soon()).ok());
  }
  await("the counter", [&] { return daemon->counters().rejected == 2; });
  BOOST_TEST(daemon->counters().admitted == 0u);
  trust_as_coordinator(stranger.self); // the file is read afresh
  auto stream = come(stranger.security);
  (void)greet(stream);
}

BOOST_AUTO_TEST_CASE(an_invitation_works_once) {
  const machine desk("desk"), thief("thief");
  const temp_folder of_desk, of_thief;
  const auto token = must(make_invitation(of_robot.path(), 1h));
  const auto paired = pair(desk.self, of_desk, token);
  BOOST_REQUIRE_MESSAGE(paired.ok(), why(paired));
  BOOST_TEST(paired->name == "robot");
  await("the log", [&] { return has_logged("paired with coordinator \"desk\" (127.0.0.1)"); });
  const auto again = pair(thief.self, of_thief, token);
  BOOST_REQUIRE(!again.ok());
  BOOST_TEST(again.error().message.find("cannot pair with 127.0.0.1:") == 0u);
  const trust known(of_robot.path());
  BOOST_TEST(known.knows(desk.self.print(), peer_role::coordinator));
  BOOST_TEST(!known.knows(thief.self.print(), peer_role::coordinator));
  const stream_security as_desk{.self = &desk.self,
                                .welcome = [](const fingerprint&) { return true; }};
  auto stream = come(as_desk);
  run(stream);
  end_run(stream);
}

BOOST_AUTO_TEST_CASE(a_wrong_token_pairs_nobody_and_the_right_one_still_works) {
  const machine desk("desk");
  const temp_folder of_desk;
  const auto token = must(make_invitation(of_robot.path(), 1h));
  const auto wrong = pair(desk.self, of_desk, "AAAA-AAAA");
  BOOST_REQUIRE(!wrong.ok());
  BOOST_TEST(wrong.error().code == errc::refused);
  await("the log", [&] { return has_logged("a pairing was refused (127.0.0.1)"); });
  BOOST_TEST(!trust(of_robot.path()).knows(desk.self.print(), peer_role::coordinator));
  BOOST_TEST(pair(desk.self, of_desk, token).ok());
}

BOOST_AUTO_TEST_CASE(without_an_invitation_nobody_pairs) {
  const machine desk("desk");
  const temp_folder of_desk;
  BOOST_TEST(!pair(desk.self, of_desk, "AAAA-AAAA").ok());
  BOOST_TEST(must(trust(of_desk.path()).all()).empty());
}

BOOST_AUTO_TEST_CASE(who_is_trusted_already_may_pair_again) {
  // Its half of the pairing was lost, say: the answer did not arrive.
  const auto token = must(make_invitation(of_robot.path(), 1h));
  const auto paired = pair(laptop.self, of_laptop, token);
  BOOST_REQUIRE_MESSAGE(paired.ok(), why(paired));
  BOOST_TEST(trust(of_laptop.path()).knows(robot.self.print(), peer_role::node));
  auto stream = come();
  run(stream);
  end_run(stream);
}

BOOST_AUTO_TEST_CASE(who_comes_to_pair_gets_no_run) {
  machine stranger("stranger");
  stranger.knows(robot);
  (void)must(make_invitation(of_robot.path(), 1h));
  auto stream = come(stranger.security);
  say(stream, greeting{});
  (void)hear<refusal>(stream);
  hear_end(stream);
  BOOST_TEST(worker.alive() == 0u);
}

BOOST_AUTO_TEST_CASE(hostile_frames_of_a_certified_peer_cost_only_that_visit) {
  auto other = come();
  run(other);
  using saying = std::function<void(framed_stream&)>;
  const std::vector<saying> sayings{
      [](auto& s) { (void)write_all(s.stream(), std::string(100'000, '\xff')); },
      [](auto& s) { (void)write_all(s.stream(), std::string("\x01\0\0\0\xff\xff\xff\x7f", 8)); },
      [](auto& s) { needed(s.send(frame_type::message, std::string(1 << 20, '['), soon())); },
      [](auto& s) { needed(s.send(frame_type::file, "x", soon())); },
      [](auto& s) { needed(s.send(frame_type::control, "BASP", soon())); },
      [](auto& s) {
        say(s, worker_started{1, "/"});
      },
  };
  for (int round = 0; round < 5; ++round)
    for (const auto& says : sayings) {
      auto stream = come();
      if (round % 2 == 1)
        (void)greet(stream);
      says(stream);
      while (stream.receive(soon())) {
      }
    }
  must(other.send(frame_type::control, "say undisturbed\n", soon()));
  BOOST_TEST(must(other.receive(soon())).body == "undisturbed\n");
  end_run(other);
  { const auto gone = std::move(other); }
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(too_many_visits_are_turned_away_and_places_become_free) {
  std::vector<framed_stream> visits;
  for (int i = 0; i < 16; ++i) {
    visits.push_back(come());
    (void)greet(visits.back());
  }
  auto one_more = come();
  hear_end(one_more);
  say(visits[3], preparation{"demo", "n", {}});
  (void)hear<wanted_files>(visits[3]); // who is in is served
  visits.clear();
  await("a place", [&] {
    auto next = come();
    (void)next.send(frame_type::message, encode(greeting{}), soon());
    return next.receive(soon()).ok();
  });
}

BOOST_AUTO_TEST_CASE(its_end_ends_the_run_and_leaves_nothing) {
  auto busy = come(), idle = come();
  run(busy);
  (void)greet(idle);
  auto silent = must(dial("127.0.0.1", daemon->at().port, soon()));
  daemon.reset();
  BOOST_TEST(hear<worker_ended>(busy).how == "killed by signal 9 (Killed)");
  hear_end(busy);
  hear_end(idle);
  ::close(silent);
  { const auto gone = std::pair(std::move(busy), std::move(idle)); }
  descriptors -= 3; // the gate's own
  check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(without_security_whoever_comes_has_a_run) {
  daemon = open({});
  auto stream = come(stream_security{});
  run(stream);
  auto second = come(stream_security{});
  BOOST_TEST(greet(second).busy == "run \"demo\" of 127.0.0.1");
  end_run(stream);
}

BOOST_AUTO_TEST_CASE(one_side_that_is_insecure_and_one_that_is_not_do_not_meet) {
  auto bare = come(stream_security{});
  (void)bare.send(frame_type::message, encode(greeting{}), soon());
  BOOST_TEST(!bare.receive(soon()).ok());
  daemon = open({});
  framed_stream secure(must(secure_stream::over(must(dial("127.0.0.1", daemon->at().port, soon())),
                                                laptop.security, stream_side::client)));
  BOOST_TEST(!secure.handshake(soon()).ok());
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_named) {
  const auto second = node_daemon::open({.address = "127.0.0.1",
                                         .port = daemon->at().port,
                                         .self = robot.self,
                                         .folder = of_robot.path(),
                                         .service = {}});
  BOOST_REQUIRE(!second.ok());
  BOOST_TEST(second.error().code == errc::io);
  BOOST_TEST(second.error().message.find(std::to_string(daemon->at().port)) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "actors/peer_doors.hpp"
#include "actors/system_config.hpp"
#include "tests/actors/remote/scripted_peer.hpp"
#include "transports/security.hpp"

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

const std::string run_secret(32, 's');

/// A node's process: its actor system, its doors, and a root that keeps the peers it is told of.
struct node {
  node_id number;
  system_config config;
  caf::actor_system system{config};
  std::mutex mutex;
  std::map<node_id, caf::strong_actor_ptr> met;
  caf::actor root = system.spawn([this](caf::event_based_actor*) -> caf::behavior {
    return {[](probe_atom, std::int64_t n) { return n + 1; },
            [this](peer_atom, node_id peer, const caf::strong_actor_ptr& a) {
              const std::lock_guard lock(mutex);
              met[peer] = a;
            }};
  });
  peer_doors doors{system};

  explicit node(node_id n, bool insecure = false, const std::string& secret = run_secret)
      : number(n) {
    must(doors.begin(n, caf::actor_cast<caf::strong_actor_ptr>(root), secret, insecure));
  }
  ~node() {
    doors.close();
    {
      const std::lock_guard lock(mutex);
      met.clear();
    }
    caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
  }
  peer_order order() const { return {number, doors.certificate(), "", false}; }
  door_line open(const std::vector<peer_order>& expected) {
    return {number, "", "127.0.0.1", must(doors.open("127.0.0.1", {}, expected))};
  }
  caf::strong_actor_ptr await_peer(node_id peer) {
    caf::strong_actor_ptr found;
    await("a peer", [&] {
      const std::lock_guard lock(mutex);
      found = met.contains(peer) ? met[peer] : nullptr;
      return found != nullptr;
    });
    return found;
  }
  std::size_t peers() {
    const std::lock_guard lock(mutex);
    return met.size();
  }
  std::int64_t ask(const caf::strong_actor_ptr& whom, std::int64_t n) {
    caf::scoped_actor self(system);
    std::int64_t answer = -1;
    self->request(caf::actor_cast<caf::actor>(whom), caf::duration{test_deadline},
                  probe_atom::value, n)
        .receive([&](std::int64_t a) { answer = a; }, [](const caf::error&) {});
    return answer;
  }
};

void check_meets(node& listening, node& dialling) {
  BOOST_TEST(listening.ask(listening.await_peer(dialling.number), 1) == 2);
  BOOST_TEST(dialling.ask(dialling.await_peer(listening.number), 2) == 3);
}

/// Threads that doors have made. The kernel shows one that has ended a moment longer.
std::size_t threads() {
  std::size_t n = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    n += name == "gate" || name == "peer door" || name == "peer pump" ? 1 : 0;
  }
  return n;
}

/// With a certificate or without one.
framed_stream come(const door_line& door, const stream_security& as) {
  framed_stream stream(must(
      secure_stream::over(must(dial(door.address, door.port, soon())), as, stream_side::client)));
  must(stream.handshake(soon()));
  return stream;
}

} // namespace

BOOST_AUTO_TEST_SUITE(peer_doors_test)

BOOST_AUTO_TEST_CASE(two_nodes_of_a_run_meet) {
  for (const bool insecure : {false, true}) {
    node one(1, insecure), two(2, insecure);
    BOOST_TEST(one.doors.certificate().empty() == insecure);
    const auto door = one.open({two.order()});
    BOOST_TEST(door.port != 0);
    must(two.doors.knock(one.order(), door, test_deadline));
    check_meets(one, two);
  }
}

BOOST_AUTO_TEST_CASE(a_node_may_have_several_doors_and_peers) {
  node one(1), two(2), three(3);
  const auto first = one.open({two.order()}), second = one.open({three.order()});
  must(two.doors.knock(one.order(), first, test_deadline));
  must(three.doors.knock(one.order(), second, test_deadline));
  check_meets(one, two);
  check_meets(one, three);
  BOOST_TEST(one.peers() == 2u);
}

BOOST_AUTO_TEST_CASE(doors_open_on_the_ports_that_are_allowed) {
  node one(1), two(2);
  const auto taken = one.open({});
  const auto none = two.doors.open("127.0.0.1", {taken.port, taken.port}, {});
  BOOST_REQUIRE(!none.ok());
  BOOST_TEST(none.error().code == errc::busy);
  BOOST_TEST(none.error().message.find(std::to_string(taken.port)) != std::string::npos);
  one.doors.close();
  BOOST_TEST(must(two.doors.open("127.0.0.1", {taken.port, taken.port}, {})) == taken.port);
}

BOOST_AUTO_TEST_CASE(a_stranger_with_another_certificate_stays_outside) {
  node one(1), two(2), stranger(3);
  const auto door = one.open({two.order()});
  const auto done = stranger.doors.knock(one.order(), door, test_deadline);
  BOOST_REQUIRE(!done.ok());
  BOOST_TEST(done.error().message.find("certificate") != std::string::npos);
  BOOST_TEST(one.peers() == 0u);
  must(two.doors.knock(one.order(), door, test_deadline));
  check_meets(one, two);
}

BOOST_AUTO_TEST_CASE(a_door_of_somebody_else_is_not_knocked_at) {
  node one(1), two(2), other(3);
  const auto door = other.open({two.order()});
  BOOST_TEST(!two.doors.knock(one.order(), door, test_deadline).ok());
  BOOST_TEST(other.peers() == 0u);
  BOOST_TEST(two.peers() == 0u);
}

BOOST_AUTO_TEST_CASE(the_secret_is_asked_for_with_certificates_and_without) {
  for (const bool insecure : {false, true}) {
    node one(1, insecure), two(2, insecure, std::string(32, 'x'));
    const auto door = one.open({two.order()});
    const auto done = two.doors.knock(one.order(), door, test_deadline);
    BOOST_REQUIRE(!done.ok());
    BOOST_TEST(one.peers() == 0u);
  }
}

BOOST_AUTO_TEST_CASE(who_shows_our_own_proof_back_is_none_of_us) {
  node two(2, true);
  scripted_peer mirror(stream_security{}, [](framed_stream& s) {
    const auto frame = needed(s.receive(soon()));
    needed(s.send(frame.type, frame.body, soon()));
  });
  const auto done =
      two.doors.knock({1, "", "", false}, {1, "", "127.0.0.1", mirror.at().port}, test_deadline);
  BOOST_REQUIRE(!done.ok());
  BOOST_TEST(done.error().code == errc::refused);
}

BOOST_AUTO_TEST_CASE(what_a_stranger_says_reaches_no_actor) {
  node one(1, true), two(2, true);
  const auto door = one.open({});
  for (const auto type : {frame_type::message, frame_type::control, frame_type::file}) {
    auto stream = come(door, {});
    must(stream.send(type, std::string(32, 'x'), soon()));
    hear_end(stream);
  }
  auto right_bytes_wrong_frame = come(door, {});
  must(right_bytes_wrong_frame.send(frame_type::control, derive(run_secret, "peer door knocks", 32),
                                    soon()));
  hear_end(right_bytes_wrong_frame);
  auto no_frame = come(door, {});
  BOOST_TEST(write_all(no_frame.stream(), std::string(64, '\xff')) == stream_status::done);
  hear_end(no_frame);
  must(two.doors.knock({1, "", "", false}, door, test_deadline));
  check_meets(one, two);
}

BOOST_AUTO_TEST_CASE(hundreds_who_say_nothing_keep_nobody_out) {
  node one(1, true), two(2, true);
  const auto door = one.open({});
  std::vector<framed_stream> silent;
  for (int i = 0; i < 200; ++i)
    silent.push_back(come(door, {}));
  must(two.doors.knock({1, "", "", false}, door, test_deadline));
  check_meets(one, two);
  await("the others to be shown out", [&] { return threads() <= anteroom::most + 3; });
}

BOOST_AUTO_TEST_CASE(nobody_there_is_an_error_that_names_the_address) {
  node one(1), two(2);
  auto door = one.open({two.order()});
  const auto one_is = one.order();
  one.doors.close();
  const auto done = two.doors.knock(one_is, door, test_deadline);
  BOOST_REQUIRE(!done.ok());
  BOOST_TEST(done.error().code == errc::absent);
  BOOST_TEST(done.error().message.find(std::to_string(door.port)) != std::string::npos);
  BOOST_TEST(!two.doors.knock({1, "no fingerprint", "", false}, door, test_deadline).ok());
}

BOOST_AUTO_TEST_CASE(one_that_never_answers_is_given_up) {
  node two(2, true);
  scripted_peer silent(stream_security{}, [](framed_stream& s) {
    (void)needed(s.receive(soon()));
    hear_end(s);
  });
  const auto done =
      two.doors.knock({1, "", "", false}, {1, "", "127.0.0.1", silent.at().port}, 200ms);
  BOOST_REQUIRE(!done.ok());
  BOOST_TEST(done.error().code == errc::timeout);
}

BOOST_AUTO_TEST_CASE(when_one_leaves_the_other_sees_it) {
  node one(1), two(2);
  must(two.doors.knock(one.order(), one.open({two.order()}), test_deadline));
  const auto peer = one.await_peer(2);
  caf::scoped_actor self(one.system);
  self->monitor(caf::actor_cast<caf::actor>(peer));
  BOOST_TEST(one.ask(peer, 1) == 2); // so that the other side knows of the monitor
  two.doors.close();
  bool down = false;
  self->receive([&](const caf::down_msg&) { down = true; },
                caf::after(caf::duration{test_deadline}) >> [] {});
  BOOST_TEST(down);
}

BOOST_AUTO_TEST_CASE(closing_ends_all_threads_and_connections) {
  node one(1, true), two(2, true);
  const auto descriptors = open_descriptors();
  const auto door = one.open({});
  {
    auto silent = come(door, {});
    must(two.doors.knock({1, "", "", false}, door, test_deadline));
    check_meets(one, two);
    BOOST_TEST(threads() >= 4u); // a gate, a silent guest, a pump on either side
    one.doors.close();
    two.doors.close();
    await("their threads to be gone", [&] { return threads() == 0; });
    hear_end(silent);
  }
  await("CAF to let go of its sockets", [&] { return open_descriptors() == descriptors; });
  one.doors.close(); // once more does no harm
}

BOOST_AUTO_TEST_SUITE_END()

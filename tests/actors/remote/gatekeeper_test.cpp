// SPDX-License-Identifier: MIT
#include "actors/remote/gatekeeper.hpp"
#include "tests/actors/remote/remote_rig.hpp"

#include <mutex>
#include <netinet/in.h>
#include <random>
#include <sys/resource.h>
#include <vector>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

constexpr duration long_patience = test_deadline;

/// A node's door, whom it let in, and a coordinator that it knows.
struct door {
  machine laptop{"laptop"}, robot{"robot"};
  std::mutex mutex;
  std::vector<secure_stream> in;
  std::unique_ptr<gatekeeper> gate;

  explicit door(duration patience = long_patience, std::size_t most = 64) {
    laptop.knows(robot);
    robot.knows(laptop);
    gate = must(gatekeeper::open({.address = "127.0.0.1",
                                  .security = robot.security,
                                  .patience = patience,
                                  .most = most,
                                  .on_peer = [this](secure_stream s) {
                                    const std::lock_guard lock(mutex);
                                    in.push_back(std::move(s));
                                  }}));
  }

  [[nodiscard]] std::size_t let_in() {
    const std::lock_guard lock(mutex);
    return in.size();
  }
  [[nodiscard]] int connect() const {
    return must(dial(gate->at().address, gate->at().port, soon()));
  }
  /// A client with a handshake done at its side.
  [[nodiscard]] framed_stream knock(const machine& from) const {
    framed_stream stream(must(secure_stream::over(connect(), from.security, stream_side::client)));
    must(stream.handshake(soon()));
    return stream;
  }
  /// The coordinator that is welcome comes in; what it sends arrives.
  void check_admits() {
    const auto before = let_in();
    auto stream = knock(laptop);
    await("the gate to let a peer in", [&] { return let_in() > before; });
    must(stream.send(frame_type::message, "hello", soon()));
    const std::lock_guard lock(mutex);
    BOOST_TEST((in.back().peer() == laptop.self.print()));
    std::string got;
    BOOST_TEST(read_some(in.back(), got) == stream_status::done);
    BOOST_TEST(got.substr(frame_head) == "hello");
  }
  void check_counted(std::uint64_t open = 0) const {
    const auto& c = gate->counters();
    BOOST_TEST(c.accepted == c.admitted + c.too_slow + c.crowded_out + c.rejected + open);
  }
};

/// Waits until the other side has closed.
void await_closed(int fd) {
  char some[256];
  for (ssize_t n = 1; n > 0;) {
    BOOST_REQUIRE(wait_until_ready(fd, POLLIN, soon()));
    n = ::recv(fd, some, sizeof some, 0);
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(gatekeeper_test)

BOOST_AUTO_TEST_CASE(lets_in_who_is_welcome_and_nobody_else) {
  door d;
  d.check_admits();
  machine stranger("stranger");
  stranger.knows(d.robot);
  auto kept_out = d.knock(stranger);
  const auto answer = kept_out.receive(soon());
  BOOST_REQUIRE(!answer.ok());
  BOOST_TEST(answer.error().message.find("does not know our certificate") != std::string::npos);
  await("the counter", [&] { return d.gate->counters().rejected == 1; });
  d.check_admits();
  BOOST_TEST(d.gate->counters().admitted == 2);
  d.check_counted();
}

BOOST_AUTO_TEST_CASE(tells_where_it_listens_and_fails_where_it_cannot) {
  const door d;
  BOOST_TEST(d.gate->at().address == "127.0.0.1");
  BOOST_TEST(d.gate->at().port != 0);
  const auto second = gatekeeper::open({.address = "127.0.0.1", .port = d.gate->at().port});
  BOOST_REQUIRE(!second.ok());
  BOOST_TEST(second.error().code == errc::io);
  BOOST_TEST(second.error().message.find(std::to_string(d.gate->at().port)) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(hundreds_of_silent_connections_keep_nobody_out) {
  const auto before = open_descriptors();
  {
    door d;
    std::vector<int> silent;
    for (int i = 0; i < 300; ++i)
      silent.push_back(d.connect());
    d.check_admits();
    await("all to be accepted", [&] { return d.gate->counters().accepted == 301; });
    // One more if it came to the gate before its first words did.
    const std::uint64_t crowded_out = d.gate->counters().crowded_out;
    BOOST_TEST((crowded_out == 300 - 64 || crowded_out == 300 - 63));
    for (std::size_t i = 0; i < crowded_out; ++i)
      await_closed(silent[i]); // the oldest
    d.check_counted(300 - crowded_out);
    d.check_admits();
    for (const int fd : silent)
      ::close(fd);
    await("the rest to be let go", [&] {
      const auto& c = d.gate->counters();
      return c.rejected + c.crowded_out == 300;
    });
    d.check_counted();
  }
  BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(garbage_is_rejected) {
  const auto before = open_descriptors();
  {
    door d;
    std::mt19937 random(8);
    for (unsigned i = 0; i < 200; ++i) {
      const int fd = d.connect();
      std::string bytes(1 + random() % 500, '\0');
      for (auto& c : bytes)
        c = static_cast<char>(random());
      send_raw(fd, bytes);
      ::shutdown(fd, SHUT_WR);
      await_closed(fd);
      ::close(fd);
    }
    await("the counter", [&] { return d.gate->counters().rejected == 200; });
    d.check_admits();
    d.check_counted();
  }
  BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(who_says_nothing_is_shown_out_although_nothing_else_happens) {
  door d(10ms);
  const int silent = d.connect();
  await_closed(silent);
  BOOST_TEST(d.gate->counters().too_slow == 1);
  ::close(silent);
}

BOOST_AUTO_TEST_CASE(who_is_slow_is_shown_out_at_the_deadline) {
  door d(30ms);
  const int silent = d.connect(), slow = d.connect();
  // The beginning of a handshake, a byte at a time, never whole.
  constexpr std::string_view hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  const auto deadline = soon();
  bool shown_out = false;
  for (std::size_t i = 0; !shown_out; ++i) {
    const char byte = i < hello.size() ? hello[i] : '\0';
    shown_out = ::send(slow, &byte, 1, MSG_NOSIGNAL) < 0 ||
                wait_until_ready(slow, POLLIN, clock::machine_now() + 2ms);
    BOOST_REQUIRE(clock::machine_now() < deadline);
    BOOST_REQUIRE(i < 500); // or the handshake would have been whole
  }
  await_closed(silent);
  await("the counter", [&] { return d.gate->counters().too_slow == 2; });
  d.check_counted();
  ::close(silent);
  ::close(slow);
}

BOOST_AUTO_TEST_CASE(a_lack_of_descriptors_passes) {
  door d;
  rlimit as_it_was{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &as_it_was) == 0);
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  rlimit none = as_it_was;
  none.rlim_cur = static_cast<rlim_t>(client) + 1; // every lower number is taken
  std::vector<int> fillers;
  for (int fd = ::dup(client); fd >= 0 && fd < client; fd = ::dup(client))
    fillers.push_back(fd);
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  for (int fd = ::dup(client); fd >= 0; fd = ::dup(client))
    fillers.push_back(fd);

  sockaddr_in at{.sin_family = AF_INET, .sin_port = htons(d.gate->at().port)};
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BOOST_REQUIRE(::connect(client, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  await("the gate to starve", [&] { return d.gate->counters().starved > 0; });
  BOOST_TEST(d.gate->counters().accepted == 0);

  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &as_it_was) == 0);
  for (const int fd : fillers)
    ::close(fd);
  await("the gate to accept", [&] { return d.gate->counters().accepted == 1; });
  BOOST_TEST(d.gate->counters().starved < 1000); // it paused and did not spin
  d.check_admits();
  ::close(client);
}

BOOST_AUTO_TEST_CASE(a_bare_gate_lets_in_whoever_comes) {
  std::atomic<int> in{0};
  const auto gate =
      must(gatekeeper::open({.address = "127.0.0.1",
                             .on_peer = [&](const secure_stream& s) { in += s.peer() ? 0 : 1; }}));
  const int fd = must(dial("127.0.0.1", gate->at().port, soon()));
  await("the gate", [&] { return in == 1; });
  BOOST_TEST(gate->counters().admitted == 1);
  ::close(fd);
}

BOOST_AUTO_TEST_CASE(shuts_at_once_and_leaves_those_who_are_in) {
  const auto before = open_descriptors();
  {
    door d;
    auto stream = d.knock(d.laptop);
    const int silent = d.connect();
    await("the gate", [&] { return d.let_in() == 1 && d.gate->counters().accepted == 2; });
    d.gate.reset();
    await_closed(silent);
    ::close(silent);
    must(stream.send(frame_type::message, "still here", soon()));
    std::string got;
    BOOST_TEST(read_some(d.in[0], got) == stream_status::done);
  }
  BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_SUITE_END()

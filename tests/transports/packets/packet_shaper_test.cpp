// SPDX-License-Identifier: MIT
// Real packets between two networks, by all that makes them: namespaces, interfaces, TUN devices
// and the thread between them.
#include "runtime/core/clock.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/packet_networks.hpp"
#include "tests/support/skip.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <linux/capability.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

constexpr auto near_address = packet_networks::near_address;
constexpr auto far_address = packet_networks::far_address;

/// A UDP socket inside a namespace.
class udp_end {
public:
  udp_end(const network_namespace& inside, const char* address, std::uint16_t port) {
    auto made = socket_inside(inside, SOCK_DGRAM, address, port);
    BOOST_REQUIRE(made.ok());
    fd_ = std::move(*made);
  }

  void send(const char* address, std::uint16_t port, char content) const {
    const auto a = ipv4_at(address, port);
    BOOST_REQUIRE(
        ::sendto(fd_.get(), &content, 1, 0, reinterpret_cast<const sockaddr*>(&a), sizeof a) == 1);
  }

  /// What comes next; waits for it.
  [[nodiscard]] char receive() const {
    pollfd p{fd_.get(), POLLIN, 0};
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(test_deadline);
    BOOST_REQUIRE(::poll(&p, 1, static_cast<int>(patience.count())) == 1);
    char content = 0;
    BOOST_REQUIRE(::recv(fd_.get(), &content, 1, 0) == 1);
    return content;
  }

private:
  descriptor fd_;
};

/// Two networks, and nothing between them but a shaper.
struct shaped_pair {
  network_namespace near, far;
  std::unique_ptr<packet_shaper> shaper;

  static std::optional<shaped_pair> make(const impairment& forth, const impairment& back = {}) {
    auto made = packet_networks::make();
    if (!made)
      return skip_test(made.error().message), std::nullopt;
    const auto emulate = [](const impairment& i) {
      return emulation{.what = i, .reliable = false, .seed = 1, .trace = {}};
    };
    auto shaper = std::make_unique<packet_shaper>(std::move(made->devices), "up", emulate(forth),
                                                  emulate(back));
    return shaped_pair{std::move(made->near), std::move(made->far), std::move(shaper)};
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(packet_shaper_test)

BOOST_AUTO_TEST_CASE(packets_pass_both_ways_and_no_sooner_than_they_may) {
  auto pair = shaped_pair::make({.delay = 30ms}, {.delay = 10ms});
  if (!pair)
    return;
  const udp_end near(pair->near, near_address, 7000), far(pair->far, far_address, 7001);
  const auto begin = clock::machine_now();
  near.send(far_address, 7001, 'a');
  BOOST_TEST(far.receive() == 'a');
  const auto there = clock::machine_now();
  far.send(near_address, 7000, 'b');
  BOOST_TEST(near.receive() == 'b');
  BOOST_TEST((there - begin >= 30ms));
  BOOST_TEST((clock::machine_now() - there >= 10ms));
  const auto until = clock::machine_now() + test_deadline; // it counts once it has written
  while (pair->shaper->back().delivered < 1 && clock::machine_now() < until)
    std::this_thread::yield();
  BOOST_TEST(pair->shaper->forth().delivered == 1u);
  BOOST_TEST(pair->shaper->back().delivered == 1u);
}

BOOST_AUTO_TEST_CASE(nothing_is_on_the_way_that_nobody_sent) {
  auto pair = shaped_pair::make({}); // no discovery of neighbours, no announcement
  if (!pair)
    return;
  const udp_end near(pair->near, near_address, 7000), far(pair->far, far_address, 7001);
  for (const char c : {'a', 'b', 'c'}) {
    near.send(far_address, 7001, c);
    BOOST_TEST(far.receive() == c);
  }
  BOOST_TEST(pair->shaper->forth().entered == 3u);
  BOOST_TEST(pair->shaper->back().entered == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_lost_is_counted_and_the_rest_comes) {
  auto pair = shaped_pair::make({.delay = 1ms, .loss = 0.3});
  if (!pair)
    return;
  const udp_end near(pair->near, near_address, 7000), far(pair->far, far_address, 7001);
  for (int i = 0; i < 100; ++i)
    near.send(far_address, 7001, static_cast<char>(i));
  while (pair->shaper->forth().entered < 100)
    std::this_thread::yield();
  const auto survivors = 100 - pair->shaper->forth().fates.lost;
  BOOST_TEST(survivors < 90u);
  int before = -1;
  for (std::uint64_t i = 0; i < survivors; ++i) {
    const int number = far.receive();
    BOOST_TEST(number > before);
    before = number;
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_packet_is_no_wrong_one) {
  auto pair = shaped_pair::make({.corrupt = 0.5});
  if (!pair)
    return;
  const udp_end near(pair->near, near_address, 7000), far(pair->far, far_address, 7001);
  for (int i = 0; i < 50; ++i)
    near.send(far_address, 7001, 'x');
  const auto& shaper = *pair->shaper;
  while (shaper.forth().entered < 50 || shaper.forth().delivered + shaper.forth().refused < 50)
    std::this_thread::yield();
  BOOST_TEST(shaper.forth().fates.corrupted > 10u);
  for (auto whole = 50 - shaper.forth().fates.corrupted; whole > 0; --whole)
    BOOST_TEST(far.receive() == 'x'); // the kernel sees the others by their checksums
}

BOOST_AUTO_TEST_CASE(clock_probes_are_told_by_their_ports) {
  auto pair = shaped_pair::make({});
  if (!pair)
    return;
  const udp_end near(pair->near, near_address, 7000), far(pair->far, far_address, 7001);
  const udp_end other(pair->near, near_address, 7002);
  pair->shaper->tell_probes(7000, 7001);
  near.send(far_address, 7001, 'p');
  BOOST_TEST(far.receive() == 'p');
  far.send(near_address, 7000, 'q');
  BOOST_TEST(near.receive() == 'q');
  other.send(far_address, 7001, 'r');
  BOOST_TEST(far.receive() == 'r');
  BOOST_TEST(pair->shaper->forth().entered == 2u);
  BOOST_TEST(pair->shaper->forth().probes == 1u);
  BOOST_TEST(pair->shaper->back().probes == 1u);
}

BOOST_AUTO_TEST_CASE(it_ends_at_once_with_packets_under_way) {
  auto pair = shaped_pair::make({.delay = 1h});
  if (!pair)
    return;
  const udp_end near(pair->near, near_address, 7000);
  near.send(far_address, 7001, 'a');
  while (pair->shaper->forth().entered == 0)
    std::this_thread::yield();
  pair->shaper.reset();
  BOOST_TEST(true);
}

BOOST_AUTO_TEST_CASE(what_the_shaper_did_not_read_in_time_is_known_to_the_kernel) {
  auto near = network_namespace::make();
  if (!near)
    return skip_test(near.error().message);
  auto device = tun_device::make(*near, "packets");
  if (!device)
    return skip_test(device.error().message);
  const auto doors = interfaces::of(*near);
  BOOST_REQUIRE(doors.ok());
  BOOST_REQUIRE(doors->add_address("packets", "10.64.0.1/30").ok());
  BOOST_REQUIRE(doors->raise("packets", 8).ok());
  const udp_end sender(*near, near_address, 7000);
  for (int i = 0; i < 20; ++i) // nobody reads
    sender.send(far_address, 7001, 'x');
  const auto missed = doors->missed("packets");
  BOOST_REQUIRE(missed.ok());
  BOOST_TEST(*missed == 12u);
}

BOOST_AUTO_TEST_CASE(an_interface_that_is_not_there_is_named) {
  auto near = network_namespace::make();
  if (!near)
    return skip_test(near.error().message);
  const auto doors = interfaces::of(*near);
  BOOST_REQUIRE(doors.ok());
  const auto done = doors->raise("nowhere");
  BOOST_REQUIRE(!done.ok());
  BOOST_TEST(done.error().message.find("nowhere") != std::string::npos);
  BOOST_TEST(!doors->missed("nowhere").ok());
  BOOST_TEST(!doors->add_address("lo", "no address").ok());
}

BOOST_AUTO_TEST_CASE(who_may_not_touch_interfaces_is_told_which_right_is_missing) {
  auto near = network_namespace::make();
  if (!near)
    return skip_test(near.error().message);
  const auto doors = interfaces::of(*near);
  BOOST_REQUIRE(doors.ok());
  result<void> done;
  std::thread([&] { // which alone is without rights from here on
    __user_cap_header_struct who{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    const std::array<__user_cap_data_struct, 2> none{};
    if (::syscall(SYS_capset, &who, none.data()) == 0)
      done = doors->raise("lo");
  })
      .join();
  BOOST_REQUIRE(!done.ok());
  BOOST_TEST((done.error().code == errc::refused));
  BOOST_TEST(done.error().message.starts_with("the right to take the interface lo into service"),
             done.error().message);
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "tests/support/network_namespaces.hpp"
#include "tests/transports/channel_contract.hpp"
#include "tests/transports/udp_world.hpp"
#include "transports/udp_socket.hpp"

#include <netinet/in.h>

using namespace peernet;
using namespace peernet::contract;

namespace {

const std::string our_key(channel_key_bytes, 'k');
const auto clear = udp("udp");
const auto with_key = udp("sealed udp", our_key);
const std::array both{clear, with_key};

/// Somebody who has a socket towards a receiving end and says there what he likes.
class speaker {
public:
  explicit speaker(const endpoint& to)
      : socket_(*udp_send_socket::connect(to.address, to.port, 65'000, 1 << 20)) {}

  void say(std::span<const std::byte> datagram) {
    std::ranges::copy(datagram, socket_.room(0).begin());
    const auto size = datagram.size();
    BOOST_REQUIRE(socket_.send({&size, 1}).accepted == 1u);
  }
  [[nodiscard]] std::optional<bytes> hear(duration patience) {
    bytes answer(2000);
    if (!socket_.wait_answer(patience))
      return std::nullopt;
    const auto size = socket_.take_answer(answer);
    if (!size)
      return std::nullopt;
    answer.resize(*size);
    return answer;
  }

private:
  udp_send_socket socket_;
};

bytes part(std::uint64_t number, std::size_t size, std::size_t which, std::size_t cut) {
  return part_of(header_of(number, size), body_of(size, number).bytes(), which, cut);
}

/// The next answer that tells of something wrong, over frames and silence.
errc next_refusal(receive_end& receiver) {
  const auto r = next_answer(receiver);
  BOOST_REQUIRE(!r.ok());
  return r.error().code;
}

/// Calls `done` until it holds; false past the deadline.
template <class Condition>
bool eventually(receive_end& receiver, Condition done) {
  const auto until = clock::machine_now() + deadline;
  while (!done()) {
    if (clock::machine_now() > until)
      return false;
    (void)receiver.receive({}, std::chrono::milliseconds{1});
  }
  return true;
}

} // namespace

BOOST_AUTO_TEST_SUITE(udp_channel_test)

const bool joined = holds_for(clear);
const bool sealed_joined = holds_for(with_key);

BOOST_AUTO_TEST_CASE(datagrams_and_their_bytes_are_counted_on_both_sides) {
  for (const auto& s : both) {
    world w(s);
    w.bind();
    const auto sender = w.connect();
    const auto before = w.receiver->report();
    const auto sent_before = sender->report();
    const udp_cut cut{1400, !s.key.empty()};
    BOOST_REQUIRE(send_frame(*sender, 0, 5000));
    BOOST_TEST(is_frame(next_frame(*w.receiver), 0, 5000));
    const auto after = w.receiver->report(), sent = sender->report();
    BOOST_TEST(counted(after, "packets") - counted(before, "packets") == cut.parts(5000));
    BOOST_TEST(counted(sent, "packets") - counted(sent_before, "packets") == cut.parts(5000));
    BOOST_TEST(*after.bytes - *before.bytes == cut.whole(5000));
    BOOST_TEST(*sent.bytes - *sent_before.bytes == cut.whole(5000));
    for (const auto* none :
         {"corrupt", "foreign", "replayed", "incomplete", "late", "repeated", "overflow"})
      BOOST_TEST(counted(after, none) == 0u, none);
  }
}

BOOST_AUTO_TEST_CASE(a_sender_takes_nothing_before_it_was_heard) {
  world w(clear);
  w.bind();
  const auto at = w.receiver->where();
  w.receiver.reset();
  auto made = w.kind.sending->connect(w.settings, at);
  BOOST_REQUIRE(made.ok());
  const auto body = body_of(10, 0);
  const auto h = header_of(0, body.size());
  BOOST_TEST(!(*made)->connected());
  BOOST_TEST(
      ((*made)->try_send({.header = wire_bytes(h), .body = &body}) == send_status::would_block));
  BOOST_TEST(!(*made)->wait_writable(glance));
}

BOOST_AUTO_TEST_CASE(ends_with_different_keys_do_not_meet) {
  const std::string other(channel_key_bytes, 'o');
  for (const auto& [ours, theirs] :
       {std::pair{our_key, std::string{}}, {std::string{}, our_key}, {our_key, other}}) {
    world w(clear);
    w.settings.key = ours;
    w.bind();
    const auto genuine = w.connect();
    w.settings.key = theirs;
    const auto stranger = w.open_sender();
    w.settings.key = ours;
    BOOST_REQUIRE(send_frame(*genuine, 1, 100)); // behind the stranger's first question
    BOOST_TEST(is_frame(next_frame(*w.receiver), 1, 100));
    BOOST_TEST(!stranger->connected());
    const auto r = w.receiver->report();
    BOOST_TEST(counted(r, "foreign") + counted(r, "corrupt") > 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_sender_of_another_run_is_not_heard) {
  world w(clear);
  w.bind();
  w.settings.run += 1;
  const auto stranger = w.open_sender();
  w.settings.run -= 1;
  const auto genuine = w.connect();
  BOOST_TEST(!stranger->connected());
  BOOST_TEST(counted(w.receiver->report(), "foreign") > 0u);
}

BOOST_AUTO_TEST_CASE(parts_from_the_socket_make_a_frame_stamped_by_the_last_of_them) {
  world w(clear);
  w.bind();
  speaker s(w.receiver->where());
  s.say(in_the_clear(part(1, 250, 2, 100)));
  s.say(in_the_clear(part(1, 250, 0, 100)));
  const auto silence = w.receiver->receive({}, duration{0});
  BOOST_TEST((silence.ok() && !silence->has_value()));
  const auto before_last = clock::machine_now();
  s.say(in_the_clear(part(1, 250, 1, 100)));
  const auto frame = next_frame(*w.receiver);
  BOOST_TEST(is_frame(frame, 1, 250));
  BOOST_TEST((frame.received > before_last));
  BOOST_REQUIRE(frame.in_kernel);
  BOOST_TEST((*frame.in_kernel > before_last && *frame.in_kernel <= frame.received));
}

BOOST_AUTO_TEST_CASE(what_strangers_say_is_told_as_corrupt_or_refused) {
  world w(clear);
  w.bind();
  (void)w.receiver->receive({}, duration{0}); // from here on the test reads everything
  speaker s(w.receiver->where());
  s.say({});
  BOOST_TEST((next_refusal(*w.receiver) == errc::corrupt));
  s.say(bytes(100));
  BOOST_TEST((next_refusal(*w.receiver) == errc::corrupt));
  auto other_run = header_of(1, 0);
  other_run.run += 1;
  s.say(in_the_clear(wire_bytes(other_run)));
  BOOST_TEST((next_refusal(*w.receiver) == errc::refused));
  s.say(in_the_clear(part(1, 3000, 0, 3000))); // right in itself, but longer than the link's
  BOOST_TEST((next_refusal(*w.receiver) == errc::corrupt));
  s.say(in_the_clear(part(2, 30, 0, 30)));
  BOOST_TEST(is_frame(next_frame(*w.receiver), 2, 30));
}

BOOST_AUTO_TEST_CASE(what_never_completes_is_counted_once_its_time_is_over) {
  world w(clear);
  w.settings.own.set("reassembly", duration{std::chrono::milliseconds{1}});
  w.bind();
  speaker s(w.receiver->where());
  s.say(in_the_clear(part(1, 250, 0, 100)));
  BOOST_TEST(
      eventually(*w.receiver, [&] { return counted(w.receiver->report(), "incomplete") == 1; }));
  s.say(in_the_clear(part(1, 250, 1, 100)));
  BOOST_TEST(eventually(*w.receiver, [&] { return counted(w.receiver->report(), "late") == 1; }));
}

BOOST_AUTO_TEST_CASE(what_is_incomplete_at_the_stop_is_counted) {
  world w(clear);
  w.settings.own.set("reassembly", duration{std::chrono::hours{1}});
  w.bind();
  speaker s(w.receiver->where());
  s.say(in_the_clear(part(1, 250, 0, 100)));
  BOOST_TEST(
      eventually(*w.receiver, [&] { return counted(w.receiver->report(), "packets") == 1; }));
  w.receiver->stop();
  (void)w.receiver->receive({}, deadline);
  BOOST_TEST(counted(w.receiver->report(), "incomplete") == 1u);
}

BOOST_AUTO_TEST_CASE(a_replayed_datagram_is_not_delivered_again) {
  world w(with_key);
  w.bind();
  datagram_sealer sealer(our_key);
  speaker s(w.receiver->where());
  const auto once = sealed(sealer, part(1, 100, 0, 100));
  s.say(once);
  s.say(once);
  s.say(once);
  s.say(sealed(sealer, part(2, 100, 0, 100)));
  BOOST_TEST(is_frame(next_frame(*w.receiver), 1, 100));
  BOOST_TEST(is_frame(next_frame(*w.receiver), 2, 100));
  BOOST_TEST(counted(w.receiver->report(), "replayed") == 2u);
}

BOOST_AUTO_TEST_CASE(a_flood_of_foreign_sessions_leaves_the_genuine_sender_alone) {
  world w(with_key);
  w.bind();
  const auto genuine = w.connect();
  speaker s(w.receiver->where());
  random_source random(1);
  bytes noise(1000);
  std::uint64_t heard = 0;
  for (std::uint64_t n = 0; n < 50; ++n) {
    for (int i = 0; i < 10; ++i) {
      random.fill(noise);
      s.say(noise);
    }
    BOOST_REQUIRE(send_frame(*genuine, n, 500));
    BOOST_TEST(is_frame(next_frame(*w.receiver), n, 500));
    heard = counted(w.receiver->report(), "foreign");
  }
  BOOST_TEST(heard == 500u);
}

BOOST_AUTO_TEST_CASE(greetings_are_answered_before_and_while_somebody_receives) {
  world w(clear);
  w.bind();
  const auto early = w.connect();
  BOOST_REQUIRE(send_frame(*early, 1, 10));
  BOOST_TEST(is_frame(next_frame(*w.receiver), 1, 10));
  const auto late = w.open_sender();
  BOOST_TEST(!late->connected());
  BOOST_TEST(eventually(*w.receiver, [&] { return late->connected(); }));
}

BOOST_AUTO_TEST_CASE(frames_that_came_before_the_first_receive_are_not_lost) {
  for (const auto& s : both) {
    world w(s);
    w.bind();
    const auto one = w.connect(), other = w.connect();
    for (std::uint64_t i = 0; i < 10; i += 2) {
      BOOST_REQUIRE(send_frame(*one, i, 100));
      BOOST_REQUIRE(send_frame(*other, i + 1, 3000));
    }
    for (std::uint64_t i = 0; i < 10; ++i)
      BOOST_TEST(is_frame(next_frame(*w.receiver), i, i % 2 ? 3000 : 100));
  }
}

BOOST_AUTO_TEST_CASE(a_paced_frame_takes_its_time_and_holds_the_next_one_back) {
  world w(clear);
  // 50 datagrams of 1428 bytes with the headers of IP and UDP.
  const std::size_t size = 50 * udp_cut{1400, false}.part();
  w.settings.own.set("pace", 100e6);
  w.bind();
  const auto sender = w.connect();
  const auto body = body_of(size, 0);
  const auto h = header_of(0, size);
  const auto begin = clock::machine_now();
  BOOST_TEST((sender->try_send({.header = wire_bytes(h), .body = &body}) == send_status::sent));
  BOOST_TEST(send_body(*sender, 0, body)); // waits until the first has left, all but its last
  BOOST_TEST((clock::machine_now() - begin >= from_seconds(48 * 1428 * 8 / 100e6)));
  BOOST_TEST(is_frame(next_frame(*w.receiver), 0, size));
  BOOST_TEST(is_frame(next_frame(*w.receiver), 0, size));
  // The second one's last datagram was due 99 datagrams after the first one's first.
  BOOST_TEST((clock::machine_now() - begin >= from_seconds(97 * 1428 * 8 / 100e6)));
}

BOOST_AUTO_TEST_CASE(closing_with_patience_lets_a_paced_frame_leave) {
  world w(clear);
  w.settings.own.set("pace", 50e6);
  w.bind();
  auto sender = w.connect();
  BOOST_REQUIRE(send_frame(*sender, 0, 50'000));
  auto ended = beside([&] { sender->close(deadline); });
  BOOST_TEST(is_frame(next_frame(*w.receiver), 0, 50'000));
  ended.get();
}

BOOST_AUTO_TEST_CASE(closing_without_patience_ends_a_slow_frame_at_once) {
  const auto let_go = std::make_shared<std::binary_semaphore>(0);
  world w(clear);
  w.settings.own.set("pace", 1e5); // an hour for this frame
  w.bind();
  auto sender = w.connect();
  BOOST_REQUIRE(send_body(*sender, 0, watched_memory::make(8'000'000, 0, let_go)));
  sender->close(duration{0});
  sender.reset();
  BOOST_TEST(let_go->try_acquire_for(deadline));
}

BOOST_AUTO_TEST_CASE(a_datagram_longer_than_the_interface_takes_is_an_error_with_the_remedy) {
  auto network = network_namespace::make();
  if (!network.ok())
    return skip_test("network namespaces: " + network.error().message);
  const auto found =
      beside([&]() -> result<void> { // a thread of its own enters it
        if (auto done = network->enter(); !done)
          return done;
        for (const auto& words : {std::vector<std::string>{"link", "set", "lo", "mtu", "1300"},
                                  {"link", "set", "lo", "up"}})
          if (auto done = run_ip(*network, words); !done)
            return error{errc::refused, "skip: " + done.error().message};
        const auto kind = udp_node();
        channel_settings s;
        s.name = "uplink";
        auto end = kind->bind(s);
        if (!end)
          return end.error();
        auto made = kind->connect(s, (*end)->where());
        return made ? error{errc::internal, "it was not noticed"} : made.error();
      })
          .get();
  BOOST_REQUIRE(!found.ok());
  if (found.error().message.starts_with("skip: "))
    return skip_test(found.error().message);
  BOOST_TEST((found.error().code == errc::too_large), found.error().message);
  for (const auto* part : {"1400", "1272", "links.uplink.transport.datagram = \"1272B\""})
    BOOST_TEST(found.error().message.find(part) != std::string::npos, found.error().message);
}

BOOST_AUTO_TEST_CASE(frames_cross_between_network_namespaces_clear_and_sealed) {
  auto networks = joined_namespaces::make();
  if (!networks.ok())
    return skip_test("network namespaces: " + networks.error().message);
  for (const auto& s : both) {
    world w(s);
    w.settings.bind_address = joined_namespaces::far_address;
    const auto bound = beside([&]() -> result<void> {
                         if (auto done = networks->far.enter(); !done)
                           return done;
                         auto end = w.kind.receiving->bind(w.settings);
                         if (!end)
                           return end.error();
                         w.receiver = *std::move(end);
                         return {};
                       }).get();
    BOOST_REQUIRE_MESSAGE(bound.ok(), why(bound));
    std::unique_ptr<send_end> sender;
    const auto opened = beside([&]() -> result<void> {
                          if (auto done = networks->near.enter(); !done)
                            return done;
                          auto end = w.kind.sending->connect(w.settings, w.receiver->where());
                          if (!end)
                            return end.error();
                          sender = *std::move(end);
                          return {};
                        }).get();
    BOOST_REQUIRE_MESSAGE(opened.ok(), why(opened));
    BOOST_REQUIRE(wait_connected(*sender));
    for (std::uint64_t i = 0; i < 5; ++i) {
      BOOST_REQUIRE(send_frame(*sender, i, i * 2000));
      BOOST_TEST(is_frame(next_frame(*w.receiver), i, i * 2000));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_end_takes_the_first_free_port_of_its_range) {
  world w(clear);
  w.bind();
  const auto first = w.receiver->where().port;
  BOOST_REQUIRE(first <= 65'535 - 20); // strangers may hold some of those, but hardly all
  w.settings.ports = {.first = first, .last = static_cast<std::uint16_t>(first + 20)};
  const auto second = w.kind.receiving->bind(w.settings);
  BOOST_REQUIRE_MESSAGE(second.ok(), why(second));
  BOOST_TEST((*second)->where().port > first);
  w.settings.ports.last = first;
  const auto refused = w.kind.receiving->bind(w.settings);
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().message.find("widen --ports") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_address_that_is_none_is_an_error_with_its_text) {
  world w(clear);
  const endpoint nowhere{.node = 0, .network = "", .address = "not an address", .port = 1};
  const auto made = w.kind.sending->connect(w.settings, nowhere);
  BOOST_REQUIRE(!made.ok());
  BOOST_TEST((made.error().code == errc::io));
  BOOST_TEST(made.error().message.find("not an address") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_frame_above_the_limit_is_refused_with_both_sizes) {
  world w(clear);
  w.settings.max_frame = 1000;
  w.bind();
  const auto sender = w.connect();
  BOOST_TEST(!send_frame(*sender, 0, 1001));
  BOOST_TEST(sender->report().trouble.find("1001") != std::string::npos);
  BOOST_TEST(sender->report().trouble.find("1000") != std::string::npos);
  BOOST_REQUIRE(send_frame(*sender, 1, 1000));
  BOOST_TEST(is_frame(next_frame(*w.receiver), 1, 1000));
}

BOOST_AUTO_TEST_SUITE_END()

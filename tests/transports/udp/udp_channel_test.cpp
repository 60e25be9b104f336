// SPDX-License-Identifier: MIT
#include "tests/support/network_namespaces.hpp"
#include "tests/transports/channel_contract.hpp"
#include "tests/transports/udp/udp_world.hpp"

using namespace peernet;
using namespace peernet::contract;

namespace {

const std::string our_key(channel_key_bytes, 'k');
const auto clear = udp("udp");
const auto with_key = udp("sealed udp", our_key);
const std::array both{clear, with_key};

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
  takes_nothing_unheard(**made);
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

// SPDX-License-Identifier: MIT
// What every channel must do, whatever carries its bytes. A transport joins with one line in its
// test file, inside a suite:
//   const bool joined = contract::holds_for({.name = "zmq-tcp", .open = open_zmq_tcp});
#pragma once

#include "tests/support/skip.hpp"
#include "tests/transports/channel_world.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace peernet::contract {

inline void says_where_it_can_be_reached(const subject& s) {
  world w(s);
  w.bind();
  const auto at = w.receiver->where();
  BOOST_TEST(!at.address.empty());
  if (s.reached_by == reach::address) {
    BOOST_TEST(at.address == w.settings.bind_address);
    BOOST_TEST(at.port != 0);
  } else if (s.reached_by == reach::path) {
    BOOST_TEST(at.port == 0);
    BOOST_TEST(std::filesystem::path(at.address).parent_path() == w.folder.path());
    BOOST_TEST(std::filesystem::exists(at.address));
  }
}

inline void two_ends_never_share_an_endpoint(const subject& s) {
  world w(s);
  w.bind();
  auto second = w.kind.receiving->bind(w.settings);
  BOOST_REQUIRE(second.ok());
  const auto a = w.receiver->where(), b = (*second)->where();
  BOOST_TEST((a.address != b.address || a.port != b.port));
}

inline void an_address_that_is_not_ours_cannot_be_bound(const subject& s) {
  world w(s);
  w.settings.bind_address = "192.0.2.1"; // reserved for documentation: on no machine
  w.settings.socket_folder = w.folder / "missing";
  const auto bound = w.kind.receiving->bind(w.settings);
  BOOST_REQUIRE(!bound.ok());
  BOOST_TEST((bound.error().code == errc::io));
  const auto named = s.reached_by == reach::address ? w.settings.bind_address : "missing";
  BOOST_TEST(bound.error().message.find(named) != std::string::npos, bound.error().message);
}

inline void a_path_is_gone_with_its_end(const subject& s) {
  world w(s);
  w.bind();
  w.receiver.reset();
  BOOST_TEST(std::filesystem::is_empty(w.folder.path()));
}

inline void a_sender_becomes_connected(const subject& s) {
  world w(s);
  w.bind();
  const auto sender = w.open_sender();
  BOOST_TEST(wait_connected(*sender, *w.receiver));
  BOOST_TEST(sender->wait_writable(deadline));
}

inline void frames_arrive_intact_and_in_order(const subject& s) {
  world w(s);
  w.bind();
  const auto sender = w.connect();
  // Around every border that an implementation may have: none, one, copied or lent, many packets.
  std::vector<std::size_t> sizes;
  for (const std::size_t size : {0u, 1u, 1000u, 1472u, 8104u, 8105u, 8191u, 8192u, 8193u, 65'507u,
                                 65'536u, 1u << 20, 20u << 20, 8192u, 0u, 8193u})
    if (size <= s.largest_body)
      sizes.push_back(size);
  auto sent = beside([&] {
    for (std::size_t i = 0; i < sizes.size(); ++i)
      if (!send_frame(*sender, i, sizes[i]))
        return false;
    return true;
  });
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto frame = next_frame(*w.receiver);
    BOOST_TEST(is_frame(frame, i, sizes[i]), "frame " << i << " of " << sizes[i] << " bytes");
  }
  BOOST_TEST(sent.get());
}

inline void a_frame_stays_whole_while_its_owner_lives(const subject& s) {
  world w(s);
  w.bind();
  const auto sender = w.connect();
  std::vector<std::pair<std::vector<std::byte>, payload>> kept;
  auto sent = beside([&] {
    for (std::size_t i = 0; i < 40; ++i)
      if (!send_frame(*sender, i, i % 2 ? 9000 : 90))
        return false;
    return true;
  });
  for (std::size_t i = 0; i < 40; ++i) {
    auto frame = next_frame(*w.receiver);
    kept.emplace_back(std::vector<std::byte>(frame.body.begin(), frame.body.end()),
                      payload(format{}, frame.body, std::move(frame.owner)));
  }
  BOOST_TEST(sent.get());
  for (const auto& [copy, lent] : kept)
    BOOST_TEST(same(copy, lent.bytes()));
  w.receiver.reset(); // frames outlive the end they came from
  for (const auto& [copy, lent] : kept)
    BOOST_TEST(same(copy, lent.bytes()));
}

inline void a_frame_is_stamped_by_the_clock_it_is_received_with(const subject& s) {
  world w(s);
  w.bind();
  const auto sender = w.connect();
  const clock false_clock({.offset = std::chrono::hours{1000}, .drift_ppm = 0});
  const auto before = false_clock.now();
  BOOST_REQUIRE(send_frame(*sender, 0, 10));
  const auto frame = next_frame(*w.receiver, false_clock);
  BOOST_TEST((frame.received >= before && frame.received <= false_clock.now()));
  if (frame.in_kernel)
    BOOST_TEST((*frame.in_kernel >= before && *frame.in_kernel <= frame.received));
}

inline void with_nothing_to_receive_the_wait_ends(const subject& s) {
  world w(s);
  w.bind();
  const auto sender = w.connect();
  for (const auto patience : {duration{0}, duration{std::chrono::milliseconds{5}}}) {
    const auto r = w.receiver->receive({}, patience);
    BOOST_REQUIRE(r.ok());
    BOOST_TEST(!r->has_value());
  }
}

inline void a_stop_wakes_the_receiver(const subject& s) {
  world w(s);
  w.bind();
  std::promise<pid_t> reader;
  auto answer = beside([&] {
    reader.set_value(::gettid());
    return w.receiver->receive({}, std::chrono::hours{1});
  });
  BOOST_REQUIRE(wait_asleep(reader.get_future().get()));
  w.receiver->stop();
  BOOST_REQUIRE((answer.wait_for(deadline) == std::future_status::ready));
  const auto r = answer.get();
  BOOST_REQUIRE(!r.ok());
  BOOST_TEST((r.error().code == errc::closed));
}

inline void after_a_stop_nothing_is_received_any_more(const subject& s) {
  world w(s);
  w.bind();
  const auto sender = w.connect();
  BOOST_REQUIRE(send_frame(*sender, 0, 10));
  w.receiver->stop();
  w.receiver->stop();
  for (int i = 0; i < 3; ++i) {
    const auto r = w.receiver->receive({}, deadline);
    BOOST_REQUIRE(!r.ok());
    BOOST_TEST((r.error().code == errc::closed));
  }
}

inline void who_comes_late_is_heard_beside_a_lane_in_full_flow(const subject& s) {
  world w(s);
  w.bind();
  const auto first = w.connect();
  const auto late = w.open_sender();
  constexpr std::uint64_t late_number = 1'000'000;
  const auto until = clock::machine_now() + deadline;
  bool said = false, heard = false;
  for (std::uint64_t n = 0; !heard && clock::machine_now() < until; ++n) {
    BOOST_REQUIRE(send_frame(*first, n, 100));
    if (!said && late->connected())
      said = send_frame(*late, late_number, 100);
    const auto frame = next_frame(*w.receiver);
    heard = is_frame(frame, late_number, 100);
  }
  BOOST_TEST(said);
  BOOST_TEST(heard);
}

inline void several_senders_share_one_receiver(const subject& s) {
  constexpr std::size_t senders = 4;
  const auto each = s.each_of_many;
  world w(s);
  w.bind();
  std::vector<std::unique_ptr<send_end>> ends;
  for (std::size_t i = 0; i < senders; ++i)
    ends.push_back(w.connect());
  std::vector<std::future<bool>> sent;
  for (std::size_t i = 0; i < senders; ++i)
    sent.push_back(beside([&, i] {
      for (std::size_t k = 0; k < each; ++k)
        if (!send_frame(*ends[i], i * each + k, k % 10 ? 50 : 10'000))
          return false;
      return true;
    }));
  std::array<std::size_t, senders> next{};
  for (std::size_t n = 0; n < senders * each; ++n) {
    const auto frame = next_frame(*w.receiver);
    wire_header h;
    std::memcpy(&h, frame.header.data(), sizeof h);
    const auto from = h.sequence / each;
    BOOST_REQUIRE(from < senders);
    BOOST_TEST(h.sequence % each == next[from]++); // each sender's order is kept
    BOOST_TEST(is_frame(frame, h.sequence, h.sequence % each % 10 ? 50 : 10'000));
  }
  for (auto& all : sent)
    BOOST_TEST(all.get());
}

inline void a_body_lives_until_it_is_sent_and_no_longer(const subject& s) {
  world w(s);
  w.bind();
  auto sender = w.connect();
  for (const std::size_t size : {std::size_t{100}, std::size_t{1} << 20}) {
    if (size > s.largest_body)
      continue;
    const auto let_go = std::make_shared<std::binary_semaphore>(0);
    // The test's own reference ends with the call: from then on the channel alone holds it.
    auto sent =
        beside([&] { return send_body(*sender, 7, watched_memory::make(size, 7, let_go)); });
    BOOST_TEST(is_frame(next_frame(*w.receiver), 7, size));
    BOOST_TEST(sent.get());
    BOOST_TEST(let_go->try_acquire_for(deadline));
  }
}

inline void a_full_channel_holds_the_sender_back_until_somebody_reads(const subject& s) {
  constexpr std::size_t most = 400; // times 256 kB is more than any buffer of ours or the kernel's
  world w(s);
  w.settings.queue = 2;
  w.bind();
  const auto sender = w.connect();
  const auto body = body_of(256u << 10, 0);
  const auto taken = fill(*sender, body, most);
  BOOST_TEST(taken > 0u);
  BOOST_REQUIRE(taken < most);
  auto last = beside([&] { return send_body(*sender, taken, body); });
  for (std::size_t i = 0; i <= taken; ++i) { // what was taken is there, and one more fits in
    const auto frame = next_frame(*w.receiver);
    BOOST_TEST((same(frame.header, wire_bytes(header_of(i, body.size()))) &&
                same(frame.body, body.bytes())));
  }
  BOOST_TEST(last.get());
  BOOST_TEST(sender->wait_writable(deadline));
}

inline void a_body_that_never_left_is_let_go_with_its_channel(const subject& s) {
  const auto let_go = std::make_shared<std::binary_semaphore>(0);
  {
    world w(s);
    w.settings.queue = 2;
    w.bind();
    const auto sender = w.connect();
    BOOST_TEST(fill(*sender, watched_memory::make(256u << 10, 0, let_go), 400) > 0u);
    sender->close(duration{0});
  }
  BOOST_TEST(let_go->try_acquire_for(deadline));
}

inline void closing_with_patience_loses_nothing(const subject& s) {
  world w(s);
  w.bind();
  auto sender = w.connect();
  const auto body = body_of(256u << 10, 0);
  const auto taken = fill(*sender, body, w.settings.queue);
  BOOST_TEST(taken > 0u);
  auto ended = beside([&] { // as a sending node does in the end
    sender->close(deadline);
    sender.reset();
    w.kind.sending.reset();
  });
  for (std::size_t i = 0; i < taken; ++i) {
    const auto frame = next_frame(*w.receiver);
    BOOST_TEST((same(frame.header, wire_bytes(header_of(i, body.size()))) &&
                same(frame.body, body.bytes())));
  }
  BOOST_TEST((ended.wait_for(deadline) == std::future_status::ready));
}

inline void a_closed_sender_takes_nothing(const subject& s) {
  world w(s);
  w.bind();
  const auto sender = w.connect();
  sender->close(duration{0});
  sender->close(duration{0});
  const auto body = body_of(10, 0);
  const auto h = header_of(0, body.size());
  BOOST_TEST((sender->try_send({.header = wire_bytes(h), .body = &body}) == send_status::closed));
  BOOST_TEST(!sender->wait_writable(duration{0}));
  BOOST_TEST(!sender->connected());
}

inline void a_sender_whose_receiver_is_gone_notices(const subject& s) {
  world w(s);
  w.bind();
  const auto sender = w.connect();
  w.receiver.reset();
  constexpr std::size_t most = 1'000'000; // one that notices nothing takes them all
  BOOST_TEST(fill(*sender, body_of(1000, 0), most) < most);
}

inline void a_sender_gone_leaves_the_others_alone(const subject& s) {
  world w(s);
  w.bind();
  auto first = w.connect();
  const auto second = w.connect();
  BOOST_REQUIRE(send_frame(*first, 1, 100));
  BOOST_TEST(is_frame(next_frame(*w.receiver), 1, 100));
  first.reset();
  BOOST_REQUIRE(send_frame(*second, 2, 100));
  BOOST_TEST(is_frame(next_frame(*w.receiver), 2, 100));
}

inline void a_frame_above_the_limit_is_not_delivered(const subject& s) {
  world w(s);
  w.settings.max_frame = 20'000;
  w.bind();
  const auto genuine = w.connect();
  BOOST_REQUIRE(send_frame(*genuine, 0, 20'000));
  BOOST_TEST(is_frame(next_frame(*w.receiver), 0, 20'000));
  for (const std::size_t size : {20'001u, 20'088u, 20'089u, 1u << 20}) {
    const auto liar = w.connect(); // its connection may be cut off for it
    (void)send_frame(*liar, 1, size);
    // Whatever the channel makes of it, the next frame that comes is the genuine sender's.
    BOOST_REQUIRE(send_frame(*genuine, 2, 20));
    BOOST_TEST(is_frame(next_frame(*w.receiver), 2, 20));
    const auto after = w.receiver->receive({}, glance);
    BOOST_TEST((!after.ok() || !after->has_value()));
  }
}

inline void strangers_bytes_do_no_harm(const subject& s) {
  world w(s);
  w.bind();
  const auto genuine = w.connect();
  random_source random(3);
  std::uint64_t number = 0;
  for (const std::size_t length : {0u, 1u, 9u, 10u, 11u, 64u, 88u, 100u, 1000u, 100'000u})
    for (const auto begin : {std::string_view{}, std::string_view{"\xff\0\0\0\0\0\0\0\1\x7f", 10},
                             std::string_view{"\xff\0\0\0\0\0\0\0\1\x7f\3\1NULL", 16},
                             std::string_view{"GET / HTTP/1.1\r\n\r\n"},
                             std::string_view{"\xff\xff\xff\xff\xff\xff\xff\x7f", 8}}) {
      std::vector<std::byte> bytes(begin.size() + length);
      std::ranges::copy(std::as_bytes(std::span{begin}), bytes.begin());
      random.fill(std::span(bytes).subspan(begin.size()));
      const auto usual = s.reliable ? SOCK_STREAM : SOCK_DGRAM;
      const stranger visitor(w.receiver->where(), s.socket_type ? s.socket_type : usual);
      BOOST_REQUIRE(visitor.connected());
      visitor.say(bytes);
      BOOST_REQUIRE(send_frame(*genuine, number, 500));
      BOOST_TEST(is_frame(next_frame(*w.receiver), number++, 500));
    }
}

inline void an_ipv6_address_is_an_address(const subject& s) {
  world w(s);
  w.settings.bind_address = "::1";
  auto bound = w.kind.receiving->bind(w.settings);
  if (!bound.ok())
    return skip_test("IPv6 loopback: " + bound.error().message);
  w.receiver = *std::move(bound);
  BOOST_TEST(w.receiver->where().address == "::1");
  const auto sender = w.connect();
  for (std::uint64_t i = 0; i < 3; ++i) {
    BOOST_REQUIRE(send_frame(*sender, i, 9000));
    BOOST_TEST(is_frame(next_frame(*w.receiver), i, 9000));
  }
}

/// Adds the whole contract for one transport to the suite being declared.
inline bool holds_for(const subject& s) {
  auto* suite = BOOST_TEST_SUITE(s.name);
  const auto add = [&](bool applies, const char* name, void (*check)(const subject&)) {
    if (applies)
      suite->add(
          boost::unit_test::make_test_case([s, check] { check(s); }, name, __FILE__, __LINE__));
  };
  const bool outside = s.reached_by != reach::name;
#define PEERNET_CLAUSE(applies, name) add(applies, #name, &name)
  PEERNET_CLAUSE(true, says_where_it_can_be_reached);
  PEERNET_CLAUSE(true, two_ends_never_share_an_endpoint);
  PEERNET_CLAUSE(outside, an_address_that_is_not_ours_cannot_be_bound);
  PEERNET_CLAUSE(s.reached_by == reach::path, a_path_is_gone_with_its_end);
  PEERNET_CLAUSE(true, a_sender_becomes_connected);
  PEERNET_CLAUSE(true, frames_arrive_intact_and_in_order);
  PEERNET_CLAUSE(true, a_frame_stays_whole_while_its_owner_lives);
  PEERNET_CLAUSE(true, a_frame_is_stamped_by_the_clock_it_is_received_with);
  PEERNET_CLAUSE(true, with_nothing_to_receive_the_wait_ends);
  PEERNET_CLAUSE(true, a_stop_wakes_the_receiver);
  PEERNET_CLAUSE(true, after_a_stop_nothing_is_received_any_more);
  PEERNET_CLAUSE(true, who_comes_late_is_heard_beside_a_lane_in_full_flow);
  PEERNET_CLAUSE(true, several_senders_share_one_receiver);
  PEERNET_CLAUSE(s.reliable, a_full_channel_holds_the_sender_back_until_somebody_reads);
  PEERNET_CLAUSE(true, a_body_lives_until_it_is_sent_and_no_longer);
  PEERNET_CLAUSE(s.reliable, a_body_that_never_left_is_let_go_with_its_channel);
  PEERNET_CLAUSE(s.reliable, closing_with_patience_loses_nothing);
  PEERNET_CLAUSE(true, a_closed_sender_takes_nothing);
  PEERNET_CLAUSE(s.reliable, a_sender_whose_receiver_is_gone_notices);
  PEERNET_CLAUSE(true, a_sender_gone_leaves_the_others_alone);
  PEERNET_CLAUSE(true, a_frame_above_the_limit_is_not_delivered);
  PEERNET_CLAUSE(outside, strangers_bytes_do_no_harm);
  PEERNET_CLAUSE(s.reached_by == reach::address, an_ipv6_address_is_an_address);
#undef PEERNET_CLAUSE
  boost::unit_test::framework::current_auto_test_suite().add(suite);
  return true;
}

} // namespace peernet::contract

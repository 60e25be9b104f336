// SPDX-License-Identifier: MIT
// Clauses of the channel contract: what becomes of frames, and of bytes that are none.
// All of them are listed in channel_contract.hpp.
#pragma once

#include "tests/transports/channel_world.hpp"

#include <algorithm>
#include <utility>

namespace peernet::contract {

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

} // namespace peernet::contract

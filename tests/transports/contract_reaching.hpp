// SPDX-License-Identifier: MIT
// Clauses of the channel contract: where a receiving end is reached, and by whom.
// All of them are listed in channel_contract.hpp.
#pragma once

#include "tests/support/skip.hpp"
#include "tests/transports/channel_world.hpp"

#include <array>
#include <filesystem>

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

inline void a_sender_becomes_connected(const subject& s) {
  world w(s);
  w.bind();
  const auto sender = w.open_sender();
  BOOST_TEST(wait_connected(*sender, *w.receiver));
  BOOST_TEST(sender->wait_writable(deadline));
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

} // namespace peernet::contract

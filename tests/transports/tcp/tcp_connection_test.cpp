// SPDX-License-Identifier: MIT
// The receiving end among strangers: what they cost, and that nobody else notices.
#include "tests/transports/tcp/stream_bytes.hpp"
#include "tests/transports/tcp/tcp_forwarder.hpp"
#include "tests/transports/tcp/tcp_world.hpp"
#include "transports/tcp/sealed_records.hpp"
#include "transports/tcp/tcp_connection.hpp"
#include "transports/tcp/tcp_greeting.hpp"
#include "transports/tcp/tcp_socket.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;
using namespace peernet::contract;

namespace {

using bytes = byte_vector;

const std::string our_key(channel_key_bytes, 'k'), other_key(channel_key_bytes, 'o');

/// A receiving end with limits of its own, received from on a thread, and a genuine sender.
struct guarded_end {
  explicit guarded_end(listening_limits limits = {}, const std::string& key = {}) {
    settings.key = key;
    settings.name = "guarded";
    settings.max_frame = 100'000;
    auto listener = tcp_listen("127.0.0.1", 0);
    BOOST_REQUIRE_MESSAGE(listener.ok(), why(listener));
    const endpoint at{.address = "127.0.0.1", .port = tcp_port_of(listener->get())};
    sut = std::make_unique<tcp_receiver>(settings, *std::move(listener), at, limits);
    heard = std::make_unique<listening_thread>(*sut);
    auto made = node_with("tcp", register_tcp_channel);
    kind = made;
    genuine = *kind->connect(settings, at);
    BOOST_REQUIRE(wait_connected(*genuine));
    BOOST_REQUIRE(still_works());
  }
  ~guarded_end() { heard->join(); }

  /// A frame of the genuine sender arrives, unspoilt.
  [[nodiscard]] bool still_works() {
    return send_frame(*genuine, ++number, 500) && heard->wait_for_number(number) &&
           heard->spoilt == 0;
  }
  [[nodiscard]] std::uint64_t count(std::string_view name) const {
    return counted(sut->report(), name);
  }
  /// Waits until the end has counted so many.
  [[nodiscard]] bool wait_for_count(std::string_view name, std::uint64_t n) {
    return heard->wait_while([&] { return count(name) < n; });
  }

  channel_settings settings;
  std::unique_ptr<tcp_receiver> sut;
  std::unique_ptr<listening_thread> heard;
  std::shared_ptr<channel_kind> kind;
  std::unique_ptr<send_end> genuine;
  std::uint64_t number = 1'000'000;
};

/// Somebody who knows how to greet; with a key it proves that it knows it.
class guest {
public:
  explicit guest(const endpoint& to, const std::string& key = {}, bool proves = true) {
    auto begun = tcp_begin_connect(to.address, to.port);
    BOOST_REQUIRE(begun.ok());
    socket_ = *std::move(begun);
    tcp_greeting hello;
    BOOST_REQUIRE(hear(hello));
    const auto theirs = read_greeting(hello, tcp_word::hello, !key.empty());
    BOOST_REQUIRE(theirs.ok());
    const auto ours = fresh_challenge();
    say(make_greeting(tcp_word::answer, !key.empty(), ours));
    if (key.empty() || !proves)
      return;
    const tcp_agreement agreed(key, *theirs, ours);
    say(agreed.proof(tcp_word::answer));
    tcp_proof proof;
    proven = hear(proof) && agreed.proves(proof, tcp_word::hello);
    cipher.emplace(agreed.record_key());
  }

  void say(std::span<const std::byte> what) const {
    while (!what.empty()) {
      pollfd p{socket_.get(), POLLOUT, 0};
      ::poll(&p, 1, std::chrono::milliseconds(deadline).count());
      const auto n = ::send(socket_.get(), what.data(), what.size(), MSG_NOSIGNAL);
      if (n <= 0)
        return;
      what = what.subspan(static_cast<std::size_t>(n));
    }
  }
  [[nodiscard]] bool hear(std::span<std::byte> into) const {
    while (!into.empty()) {
      pollfd p{socket_.get(), POLLIN, 0};
      ::poll(&p, 1, std::chrono::milliseconds(deadline).count());
      const auto n = ::recv(socket_.get(), into.data(), into.size(), 0);
      if (n <= 0)
        return false;
      into = into.subspan(static_cast<std::size_t>(n));
    }
    return true;
  }
  [[nodiscard]] bool is_hung_up_on() const {
    std::byte one;
    return !hear({&one, 1});
  }
  void leave() { socket_.reset(); }

  bool proven = false;
  std::optional<record_cipher> cipher;

private:
  descriptor socket_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(tcp_connection_test)

BOOST_AUTO_TEST_CASE(silent_connections_by_the_hundred_hold_nobody_up) {
  guarded_end e({.greeting = 16, .connections = 64});
  std::vector<std::unique_ptr<stranger>> crowd;
  for (int i = 0; i < 500; ++i)
    crowd.push_back(std::make_unique<stranger>(e.sut->where(), SOCK_STREAM));
  BOOST_TEST(e.wait_for_count("refused", 500 - 16));
  BOOST_TEST(e.still_works());
  BOOST_TEST(crowd.front()->is_hung_up_on()); // the oldest goes
  auto another = *e.kind->connect(e.settings, e.sut->where());
  BOOST_TEST(wait_connected(*another)); // there is room for whoever knows how to greet
}

BOOST_AUTO_TEST_CASE(who_says_nothing_is_hung_up_on_after_a_while) {
  guarded_end e({.patience = std::chrono::milliseconds{50}});
  const stranger silent(e.sut->where(), SOCK_STREAM);
  BOOST_TEST(silent.is_hung_up_on());
  BOOST_TEST(e.wait_for_count("refused", 1));
  BOOST_TEST(e.still_works());
}

BOOST_AUTO_TEST_CASE(
    who_greets_and_then_is_silent_makes_room_for_others_but_never_a_genuine_sender) {
  guarded_end e({.greeting = 16, .connections = 20});
  std::vector<std::unique_ptr<guest>> crowd;
  for (int i = 0; i < 60; ++i)
    crowd.push_back(std::make_unique<guest>(e.sut->where()));
  BOOST_TEST(e.wait_for_count("refused", 60 - 19));
  BOOST_TEST(crowd.front()->is_hung_up_on());
  BOOST_TEST(e.still_works());
  BOOST_TEST(counted(e.genuine->report(), "reconnects") == 0u);
}

BOOST_AUTO_TEST_CASE(a_stranger_with_a_wrong_greeting_is_hung_up_on_at_once) {
  for (const auto& key : {std::string{}, our_key}) {
    guarded_end e({}, key);
    auto old = make_greeting(tcp_word::answer, !key.empty(), {});
    old[3] = std::byte{0};
    const auto unsealed = make_greeting(tcp_word::answer, key.empty(), {});
    const std::string http("GET / HTTP/1.1\r\nHost: robot\r\n\r\n");
    std::uint64_t n = 0;
    for (const std::span<const std::byte> words :
         {std::span<const std::byte>(old), std::span<const std::byte>(unsealed),
          std::as_bytes(std::span{http})}) {
      const stranger visitor(e.sut->where(), SOCK_STREAM);
      visitor.say(words);
      BOOST_TEST(visitor.is_hung_up_on());
      BOOST_TEST(e.wait_for_count("refused", ++n));
    }
    BOOST_TEST(e.still_works());
  }
}

BOOST_AUTO_TEST_CASE(without_the_key_nobody_gets_past_the_greeting) {
  guarded_end e({}, our_key);
  const guest other(e.sut->where(), other_key);
  BOOST_TEST(!other.proven);
  BOOST_TEST(other.is_hung_up_on());
  const guest silent(e.sut->where(), our_key, false);
  silent.say(bytes(sizeof(tcp_proof)));
  BOOST_TEST(silent.is_hung_up_on());
  BOOST_TEST(e.wait_for_count("refused", 2));
  BOOST_TEST(e.still_works());
}

BOOST_AUTO_TEST_CASE(a_recorded_connection_said_again_is_refused) {
  guarded_end e({}, our_key);
  std::string recording;
  {
    const tcp_forwarder between(e.sut->where());
    const auto sender = *e.kind->connect(e.settings, between.where());
    BOOST_REQUIRE(wait_connected(*sender));
    BOOST_REQUIRE(send_frame(*sender, 5, 1000));
    BOOST_REQUIRE(e.heard->wait_for_number(5));
    recording = between.heard();
  }
  // Both directions are in it: hello, answer and proof, proof, records.
  constexpr auto proof = sizeof(tcp_proof);
  const auto said = recording.substr(tcp_greeting_bytes, tcp_greeting_bytes + proof) +
                    recording.substr(2 * tcp_greeting_bytes + 2 * proof);
  const stranger again(e.sut->where(), SOCK_STREAM);
  again.say(std::as_bytes(std::span{said}));
  BOOST_TEST(again.is_hung_up_on());
  BOOST_TEST(e.wait_for_count("refused", 1));
  BOOST_TEST(e.still_works());
  const auto numbers = e.heard->numbers();
  BOOST_TEST(std::ranges::count(numbers, 5u) == 1);
}

BOOST_AUTO_TEST_CASE(sealed_records_said_twice_or_changed_end_the_connection) {
  guarded_end e({}, our_key);
  for (const bool changed : {false, true}) {
    const std::size_t before = e.heard->corrupt;
    guest insider(e.sut->where(), our_key);
    BOOST_REQUIRE(insider.proven);
    const auto frame = framed(changed ? 7 : 6, 50);
    bytes record(frame.size() + record_overhead);
    std::ranges::copy(frame, record.begin() + record_head);
    insider.cipher->seal(record);
    if (changed)
      record.back() ^= std::byte{1};
    insider.say(record);
    insider.say(record);
    BOOST_TEST(insider.is_hung_up_on());
    BOOST_TEST(e.heard->wait_while([&] { return e.heard->corrupt == before; }));
  }
  BOOST_TEST(e.still_works());
  const auto numbers = e.heard->numbers();
  BOOST_TEST(std::ranges::count(numbers, 6u) == 1);
  BOOST_TEST(std::ranges::count(numbers, 7u) == 0);
}

BOOST_AUTO_TEST_CASE(a_length_that_no_frame_has_ends_the_connection_and_no_memory_is_taken) {
  guarded_end e;
  std::size_t n = 0;
  for (const std::uint32_t length : {0u, 87u, 100'089u, 0xffff'ffffu}) {
    const guest visitor(e.sut->where());
    visitor.say(framed(3, 10)); // genuine so far
    BOOST_REQUIRE(e.heard->wait([&](const auto& all) {
      return std::ranges::count(all, 3u) == static_cast<std::ptrdiff_t>(n + 1);
    }));
    visitor.say(std::as_bytes(std::span{&length, 1}));
    BOOST_TEST(visitor.is_hung_up_on());
    ++n;
    BOOST_TEST(e.heard->wait_while([&] { return e.heard->corrupt < n; }));
  }
  BOOST_TEST(e.still_works());
}

BOOST_AUTO_TEST_CASE(a_frame_in_single_bytes_arrives_and_a_truncated_one_is_counted) {
  guarded_end e;
  const auto frame = framed(8, 40);
  guest slow(e.sut->where());
  for (const auto& b : frame)
    slow.say({&b, 1});
  BOOST_TEST(e.heard->wait_for_number(8));
  slow.say(std::span(frame).first(frame.size() - 1));
  slow.leave();
  BOOST_TEST(e.wait_for_count("truncated", 1));
  BOOST_TEST(e.still_works());
  const auto numbers = e.heard->numbers();
  BOOST_TEST(std::ranges::count(numbers, 8u) == 1);
}

BOOST_AUTO_TEST_CASE(frames_that_never_complete_take_no_more_memory_than_there_is_for_them) {
  guarded_end e({.unfinished = 500'000});
  std::vector<std::unique_ptr<guest>> crowd;
  for (int i = 0; i < 20; ++i) {
    crowd.push_back(std::make_unique<guest>(e.sut->where()));
    crowd.back()->say(std::span<const std::byte>(framed(9, 100'000)).first(90'000));
  }
  BOOST_TEST(e.wait_for_count("refused", 20 - 6)); // five hold 450 kB, one more is on its way
  BOOST_TEST(e.still_works());
}

BOOST_AUTO_TEST_CASE(an_endless_stream_of_nonsense_behind_a_right_greeting_does_no_harm) {
  guarded_end e;
  random_source random(17);
  const auto good = framed(10, 200);
  for (int i = 0; i < 300; ++i) {
    auto stream = good;
    // Length, magic, version, size, and the header's own length.
    const auto place = random.between(0, 11);
    stream[place < 8 ? place : place - 8 + 60] ^= static_cast<std::byte>(random.between(1, 255));
    const guest visitor(e.sut->where());
    visitor.say(stream);
  }
  BOOST_TEST(e.still_works());
  BOOST_TEST(e.heard->wait_while([&] { return e.heard->corrupt == 0; }));
}

BOOST_AUTO_TEST_SUITE_END()

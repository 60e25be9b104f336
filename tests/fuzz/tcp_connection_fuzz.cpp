// SPDX-License-Identifier: MIT
// A whole connection of `tcp` at its receiving end, over a pair of sockets: greeting, proof,
// records, frames, from somebody who knows the key, or says so.
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/row.hpp"
#include "transports/tcp/tcp_connection.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <sys/socket.h>
#include <vector>

namespace {

using namespace peernet;

constexpr std::size_t most_body = 100'000, most_said = 4096;
enum step : unsigned char { as_it_is, sealed, hang_up, steps };

/// The other side of the connection.
class speaker {
public:
  speaker(int socket, std::string key) : socket_(socket), key_(std::move(key)) {}

  /// Greets as a sending end does.
  void greet() {
    tcp_greeting hello{};
    must_hold(::recv(socket_.get(), hello.data(), hello.size(), 0) == ssize_t(hello.size()));
    const auto theirs = read_greeting(hello, tcp_word::hello, !key_.empty());
    must_hold(theirs.ok());
    const tcp_challenge ours{};
    say(make_greeting(tcp_word::answer, !key_.empty(), ours));
    if (key_.empty())
      return;
    const tcp_agreement agreed(key_, *theirs, ours);
    say(agreed.proof(tcp_word::answer));
    cipher_.emplace(agreed.record_key());
  }
  template <class Bytes>
  void say(const Bytes& bytes) const {
    const auto all = std::as_bytes(std::span(bytes));
    (void)::send(socket_.get(), all.data(), all.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  void say_sealed(std::span<const std::byte> bytes) {
    if (!cipher_ || bytes.empty())
      return;
    std::vector<std::byte> record(bytes.size() + record_overhead);
    std::ranges::copy(bytes, record.begin() + record_head);
    cipher_->seal(record);
    say(record);
  }
  void hang_up() { socket_.reset(); }

private:
  descriptor socket_;
  const std::string key_;
  std::optional<record_cipher> cipher_;
};

/// False once the connection has ended.
bool listen(tcp_connection& sut, connection_place& place) {
  if (!sut.read({}, 0))
    return false;
  for (;;) {
    const auto whole = sut.advance({});
    must_hold(place.tally.unfinished <= sizeof(wire_header) + most_body);
    if (!whole)
      return false;
    if (!*whole)
      return true;
    must_hold(sut.greeted());
    const auto frame = sut.release();
    must_hold(frame.header.size() == sizeof(wire_header) && frame.body.size() <= most_body);
  }
}

} // namespace

PEERNET_FUZZ_TARGET(tcp_connection) {
  row input(bytes);
  const auto how = input.number();
  const std::string key = how & 1u ? std::string(32, 'k') : "";
  std::array<int, 2> both{};
  must_hold(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, both.data()) == 0);
  connection_place place{.key = key, .max_body = most_body, .epoll = {}, .tally = {}};
  speaker other(both[1], key);
  {
    tcp_connection sut(descriptor{both[0]}, place, stamp{});
    if (how & 2u) {
      other.greet();
      must_hold(listen(sut, place) && sut.greeted());
    }
    for (bool goes_on = true; goes_on && !input.over();) {
      const auto what = input.number() % steps;
      const auto said = input.bytes(input.number<std::uint16_t>() % most_said);
      if (what == sealed)
        other.say_sealed(said);
      else if (what == hang_up)
        other.hang_up();
      else
        other.say(said);
      goes_on = listen(sut, place) && what != hang_up;
    }
    must_hold(!sut.greeted() || sut.proven() || !(how & 1u));
  }
  must_hold(place.tally.unfinished == 0);
}

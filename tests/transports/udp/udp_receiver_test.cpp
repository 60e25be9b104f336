// SPDX-License-Identifier: MIT
// A receiving end of udp and somebody with a socket who says there what he likes.
#include "tests/transports/udp/udp_world.hpp"
#include "transports/udp/udp_receiver.hpp"
#include "transports/udp/udp_send_socket.hpp"

using namespace peernet;
using namespace peernet::contract;

namespace {

const std::string our_key(channel_key_bytes, 'k');
const auto clear = udp("udp");
const auto with_key = udp("sealed udp", our_key);

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

} // namespace

BOOST_AUTO_TEST_SUITE(udp_receiver_test)

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

BOOST_AUTO_TEST_SUITE_END()

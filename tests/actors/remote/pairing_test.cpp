// SPDX-License-Identifier: MIT
#include "actors/remote/invitation.hpp"
#include "actors/remote/pairing.hpp"
#include "tests/actors/remote/scripted_peer.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/why.hpp"

using namespace peernet;

namespace {

/// Whoever shows a certificate.
stream_security open_to_all(const identity& self) {
  return {.self = &self, .welcome = [](const fingerprint&) { return true; }};
}

struct fixture {
  temp_folder of_laptop, of_robot;
  machine laptop{"laptop"}, robot{"robot"};
  result<trusted_peer> answered = error{};

  /// The robot answers whoever comes.
  scripted_peer answering() {
    return {open_to_all(robot.self), [this](framed_stream& stream) {
              answered = answer_pairing(stream, robot.self, of_robot.path(), test_deadline);
            }};
  }
  std::string invite() { return must(make_invitation(of_robot.path(), std::chrono::hours{1})); }
  result<trusted_peer> pair(const scripted_peer& with, const std::string& token) {
    return pair_with("127.0.0.1", with.at().port, token, laptop.self, of_laptop.path(),
                     test_deadline);
  }
  std::size_t known_to(const temp_folder& folder) {
    return must(trust(folder.path()).all()).size();
  }
  void check_strangers() {
    BOOST_TEST(known_to(of_laptop) == 0u);
    BOOST_TEST(known_to(of_robot) == 0u);
  }
};

void check_refused(const result<trusted_peer>& r, const scripted_peer& at) {
  BOOST_REQUIRE(!r.ok());
  BOOST_TEST(r.error().code == errc::refused, r.error().message);
  BOOST_TEST(r.error().message.find("127.0.0.1:" + std::to_string(at.at().port)) !=
                 std::string::npos,
             r.error().message);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(pairing_test, fixture)

BOOST_AUTO_TEST_CASE(who_knows_the_token_is_trusted_and_trusts) {
  const auto token = invite();
  auto peer = answering();
  const auto paired = pair(peer, token);
  peer.finish();
  BOOST_REQUIRE_MESSAGE(paired.ok(), why(paired));
  BOOST_TEST(paired->name == "robot");
  BOOST_TEST((paired->print == robot.self.print()));
  BOOST_REQUIRE(answered.ok());
  BOOST_TEST(answered->name == "laptop");
  BOOST_TEST((answered->print == laptop.self.print()));

  const trust ours(of_laptop.path()), theirs(of_robot.path());
  BOOST_TEST(ours.knows(robot.self.print(), peer_role::node));
  BOOST_TEST(theirs.knows(laptop.self.print(), peer_role::coordinator));
  // Neither may do what only the other was allowed to.
  BOOST_TEST(!ours.knows(robot.self.print(), peer_role::coordinator));
  BOOST_TEST(!theirs.knows(laptop.self.print(), peer_role::node));
}

BOOST_AUTO_TEST_CASE(a_token_works_once) {
  const auto token = invite();
  {
    auto peer = answering();
    BOOST_TEST(pair(peer, token).ok());
    peer.finish();
  }
  machine thief("thief");
  temp_folder of_thief;
  auto peer = answering();
  check_refused(
      pair_with("127.0.0.1", peer.at().port, token, thief.self, of_thief.path(), test_deadline),
      peer);
  peer.finish();
  BOOST_TEST(!answered.ok());
  BOOST_TEST(known_to(of_thief) == 0u);
  BOOST_TEST(known_to(of_robot) == 1u);
}

BOOST_AUTO_TEST_CASE(a_wrong_token_makes_nobody_trusted_and_leaves_the_invitation) {
  const auto token = invite();
  {
    auto peer = answering();
    check_refused(pair(peer, "AAAA-AAAA"), peer);
    peer.finish();
    BOOST_TEST(answered.error().code == errc::refused);
  }
  check_strangers();
  auto peer = answering();
  BOOST_TEST(pair(peer, token).ok());
}

BOOST_AUTO_TEST_CASE(without_an_invitation_nobody_is_trusted) {
  auto peer = answering();
  check_refused(pair(peer, "AAAA-AAAA"), peer);
  peer.finish();
  BOOST_TEST(!answered.ok());
  check_strangers();
}

BOOST_AUTO_TEST_CASE(who_answers_without_the_token_is_not_trusted) {
  const machine between("between");
  for (const std::string& claim : {std::string(), std::string(64, '0')}) {
    scripted_peer peer(open_to_all(between.self), [&](framed_stream& stream) {
      (void)hear<pairing>(stream);
      say(stream, pairing{claim, "robot"});
    });
    check_refused(pair(peer, "AAAA-AAAA"), peer);
    peer.finish();
  }
  // What we said ourselves is no answer either.
  scripted_peer mirror(open_to_all(between.self),
                       [&](framed_stream& stream) { say(stream, hear<pairing>(stream)); });
  check_refused(pair(mirror, "AAAA-AAAA"), mirror);
  mirror.finish();
  check_strangers();
}

BOOST_AUTO_TEST_CASE(a_claim_that_is_passed_on_is_worth_nothing) {
  const auto token = invite();
  auto target = answering();
  const machine between("between");
  // It has the laptop's claim and shows the robot a certificate of its own.
  scripted_peer peer(open_to_all(between.self), [&](framed_stream& stream) {
    const auto claim = hear<pairing>(stream);
    const auto all = open_to_all(between.self);
    framed_stream on(needed(secure_stream::over(needed(dial("127.0.0.1", target.at().port, soon())),
                                                all, stream_side::client)));
    needed(on.handshake(soon()));
    say(on, claim);
    say(stream, hear<refusal>(on));
  });
  check_refused(pair(peer, token), peer);
  peer.finish();
  target.finish();
  check_strangers();
  BOOST_TEST(is_inviting(of_robot.path()));
}

BOOST_AUTO_TEST_CASE(what_is_no_claim_is_refused) {
  (void)invite();
  const std::vector<std::function<void(framed_stream&)>> sayings{
      [](framed_stream& s) { say(s, start_worker{}); },
      [](framed_stream& s) { needed(s.send(frame_type::message, "no JSON", soon())); },
      [](framed_stream& s) { needed(s.send(frame_type::file, "x", soon())); },
      [](framed_stream& s) {
        say(s, pairing{"", ""});
      },
      [](framed_stream& s) {
        say(s, pairing{std::string(500'000, 'a'), "x"});
      },
  };
  for (const auto& says : sayings) {
    auto peer = answering();
    const auto all = open_to_all(laptop.self);
    framed_stream stream(must(secure_stream::over(must(dial("127.0.0.1", peer.at().port, soon())),
                                                  all, stream_side::client)));
    must(stream.handshake(soon()));
    says(stream);
    BOOST_TEST(!hear<refusal>(stream).why.empty());
    peer.finish();
    BOOST_TEST(!answered.ok());
  }
  check_strangers();
  BOOST_TEST(is_inviting(of_robot.path()));
}

BOOST_AUTO_TEST_CASE(who_cannot_be_reached_is_named) {
  const int fd = must(listen_at("127.0.0.1", 0));
  const auto port = local_end(fd).port;
  ::close(fd);
  const auto paired =
      pair_with("127.0.0.1", port, "AAAA", laptop.self, of_laptop.path(), test_deadline);
  BOOST_REQUIRE(!paired.ok());
  BOOST_TEST(paired.error().code == errc::absent);
  BOOST_TEST(paired.error().message.find(std::to_string(port)) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(who_says_nothing_is_given_up) {
  scripted_peer silent(open_to_all(robot.self), [](framed_stream& stream) {
    (void)hear<pairing>(stream);
    hear_end(stream);
  });
  const auto paired = pair_with("127.0.0.1", silent.at().port, "AAAA", laptop.self,
                                of_laptop.path(), std::chrono::milliseconds{300});
  BOOST_REQUIRE(!paired.ok());
  BOOST_TEST(paired.error().code == errc::timeout, paired.error().message);
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// Who is let in by a secure stream's handshake, who is not, and what both sides are told then.
#include "actors/remote/secure_stream.hpp"
#include "tests/actors/remote/stream_rig.hpp"

#include <openssl/ssl.h>
#include <random>

using namespace peernet;

namespace {

/// A TLS client by OpenSSL's own means, blocking; null without a certificate.
std::string shake_as_stranger(int fd, const identity* shown, const char* protocol, int version) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(::SSL_CTX_new(::TLS_client_method()),
                                                             ::SSL_CTX_free);
  SSL_CTX_set_max_proto_version(context.get(), version);
  if (shown) {
    ::SSL_CTX_use_certificate(context.get(), shown->certificate());
    ::SSL_CTX_use_PrivateKey(context.get(), shown->key());
  }
  const std::unique_ptr<SSL, void (*)(SSL*)> ssl(::SSL_new(context.get()), ::SSL_free);
  if (protocol)
    ::SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(protocol),
                          static_cast<unsigned>(std::string_view(protocol).size()));
  ::SSL_set_fd(ssl.get(), fd);
  char byte = 0;
  const bool in = ::SSL_connect(ssl.get()) == 1 && ::SSL_read(ssl.get(), &byte, 1) == 1;
  ::close(fd);
  return in ? "let in" : "kept out";
}

} // namespace

BOOST_AUTO_TEST_SUITE(secure_stream_handshake_test)

BOOST_AUTO_TEST_CASE(a_client_that_is_not_known_is_kept_out_and_told_so) {
  two_machines two;
  const machine stranger("stranger");
  two.robot.knows(stranger);
  stream_pair pair(two.laptop.security, two.robot.security);
  BOOST_TEST(pair.shake().second == stream_status::closed);
  BOOST_TEST(says(pair.server.problem(), "is not known here"));
  BOOST_TEST(says(pair.server.problem(), to_string(two.laptop.self.print())));
  BOOST_TEST(!pair.server.peer());
  std::string nothing;
  BOOST_TEST(says(read_to_end(pair.client, nothing), "does not know our certificate"));
  BOOST_TEST(nothing.empty());
  BOOST_CHECK(pair.server.kind_of_problem() == errc::untrusted);
  BOOST_CHECK(pair.client.kind_of_problem() == errc::untrusted);
}

BOOST_AUTO_TEST_CASE(the_reason_is_told_even_to_who_writes_first_and_finds_it_closed) {
  two_machines two;
  two.robot.security.welcome = nullptr; // nobody
  auto pair = std::make_unique<stream_pair>(two.laptop.security, two.robot.security);
  BOOST_TEST(pair->shake().second == stream_status::closed);
  auto client = std::move(pair->client);
  pair.reset(); // the server's end is gone
  const std::string data(100'000, 'x');
  while (write_all(client, data) != stream_status::closed) {
  }
  BOOST_TEST(says(client.problem(), "does not know our certificate"));
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_known_is_left_and_told_so) {
  two_machines two;
  const machine stranger("stranger");
  two.laptop.knows(stranger);
  stream_pair pair(two.laptop.security, two.robot.security);
  BOOST_TEST((pair.shake() == std::pair{stream_status::closed, stream_status::closed}));
  BOOST_TEST(says(pair.client.problem(), to_string(two.robot.self.print())));
  BOOST_TEST(says(pair.server.problem(), "does not know our certificate"));
  BOOST_TEST(pair.client.handshake() == stream_status::closed); // and stays so
}

BOOST_AUTO_TEST_CASE(strangers_with_other_tls_are_kept_out) {
  const two_machines two;
  struct {
    const identity* shown;
    const char* protocol;
    int version;
    const char* problem;
  } const strangers[] = {{nullptr, "\x07peernet", TLS1_3_VERSION, "shows no certificate"},
                         {&two.laptop.self, nullptr, TLS1_3_VERSION, "is no PeerNet"},
                         {&two.laptop.self, "\x02h2", TLS1_3_VERSION, "is no PeerNet"},
                         {&two.laptop.self, "\x07peernet", TLS1_2_VERSION, "TLS 1.3"}};
  for (const auto& s : strangers) {
    const tcp_pair fds;
    auto server = std::optional(
        must(secure_stream::over(fds.server, two.robot.security, stream_side::server)));
    std::string outcome;
    std::thread stranger(
        [&] { outcome = shake_as_stranger(fds.client, s.shown, s.protocol, s.version); });
    BOOST_TEST(serve(*server) == stream_status::closed);
    BOOST_TEST(says(server->problem(), s.problem), server->problem());
    server.reset();
    stranger.join();
    BOOST_TEST(outcome == "kept out");
  }
}

BOOST_AUTO_TEST_CASE(no_session_is_ever_resumed) {
  const two_machines two;
  const tcp_pair fds;
  auto server = must(secure_stream::over(fds.server, two.robot.security, stream_side::server));
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(::SSL_CTX_new(::TLS_client_method()),
                                                             ::SSL_CTX_free);
  ::SSL_CTX_use_certificate(context.get(), two.laptop.self.certificate());
  ::SSL_CTX_use_PrivateKey(context.get(), two.laptop.self.key());
  int tickets = 0;
  SSL_CTX_set_app_data(context.get(), &tickets);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT);
  ::SSL_CTX_sess_set_new_cb(context.get(), [](SSL* of, SSL_SESSION*) {
    ++*static_cast<int*>(SSL_CTX_get_app_data(::SSL_get_SSL_CTX(of)));
    return 0;
  });
  std::thread client([&] {
    const std::unique_ptr<SSL, void (*)(SSL*)> ssl(::SSL_new(context.get()), ::SSL_free);
    ::SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>("\x07peernet"), 8);
    ::SSL_set_fd(ssl.get(), fds.client);
    char byte = 0;
    if (::SSL_connect(ssl.get()) == 1)
      ::SSL_read(ssl.get(), &byte, 1);
  });
  BOOST_TEST(serve(server) == stream_status::done);
  BOOST_TEST(write_all(server, "x") == stream_status::done);
  client.join();
  BOOST_TEST(tickets == 0);
  ::close(fds.client);
}

BOOST_AUTO_TEST_CASE(a_bare_client_at_a_tls_server_is_understood_by_both) {
  const two_machines two;
  stream_pair pair({}, two.robot.security);
  BOOST_REQUIRE(write_all(pair.client, std::string("\x01\0\0\0\x02\0\0\0{}", 10)) ==
                stream_status::done);
  BOOST_TEST(serve(pair.server) == stream_status::closed);
  BOOST_TEST(says(pair.server.problem(), "speaks no TLS"));
  std::string nothing;
  BOOST_TEST(says(read_to_end(pair.client, nothing), "speaks TLS"));
  BOOST_TEST(nothing.empty());
  BOOST_CHECK(pair.server.kind_of_problem() == errc::unencrypted);
  BOOST_CHECK(pair.client.kind_of_problem() == errc::unencrypted);
}

BOOST_AUTO_TEST_CASE(a_tls_client_at_a_bare_server_is_understood_by_both) {
  const two_machines two;
  stream_pair pair(two.laptop.security, {});
  BOOST_TEST(pair.client.handshake() == stream_status::wants_read);
  std::string nothing;
  BOOST_TEST(says(read_to_end(pair.server, nothing), "speaks TLS"));
  BOOST_TEST(nothing.empty());
  BOOST_TEST(serve(pair.client) == stream_status::closed);
  BOOST_TEST(says(pair.client.problem(), "speaks no TLS"));
  BOOST_CHECK(pair.server.kind_of_problem() == errc::unencrypted);
  BOOST_CHECK(pair.client.kind_of_problem() == errc::unencrypted);
}

BOOST_AUTO_TEST_CASE(random_bytes_end_a_handshake) {
  const two_machines two;
  std::mt19937 random(7);
  for (int i = 0; i < 300; ++i) {
    const tcp_pair fds;
    auto server = must(secure_stream::over(fds.server, two.robot.security, stream_side::server));
    std::string bytes = i % 2 == 0 ? std::string("\x16\x03\x01\x01\x00\x01\x00\x00\xfc\x03\x03", 11)
                                   : std::string();
    for (auto n = random() % 600; n > 0; --n)
      bytes += static_cast<char>(random());
    send_raw(fds.client, bytes);
    ::shutdown(fds.client, SHUT_WR);
    BOOST_TEST(serve(server) == stream_status::closed);
    BOOST_TEST(!server.problem().empty());
    ::close(fds.client);
  }
}

BOOST_AUTO_TEST_CASE(a_peer_that_ends_within_the_handshake_is_noticed) {
  const two_machines two;
  const tcp_pair fds;
  auto client = must(secure_stream::over(fds.client, two.laptop.security, stream_side::client));
  BOOST_TEST(client.handshake() == stream_status::wants_read);
  ::shutdown(fds.server, SHUT_WR); // half open
  BOOST_TEST(serve(client) == stream_status::closed);
  BOOST_TEST(says(client.problem(), "within the handshake"));
  ::close(fds.server);
}

BOOST_AUTO_TEST_SUITE_END()

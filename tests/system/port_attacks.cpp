// SPDX-License-Identifier: MIT
#include "tests/system/port_attacks.hpp"

#include "actors/remote/dial.hpp"
#include "actors/remote/ready.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/why.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <openssl/ssl.h>
#include <span>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

namespace peernet {

namespace {

stamp soon() {
  return clock::machine_now() + test_deadline;
}

template <class T>
T must(result<T> r) {
  BOOST_REQUIRE_MESSAGE(r.ok(), why(r));
  return *std::move(r);
}

using tls_context = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;
using tls = std::unique_ptr<SSL, void (*)(SSL*)>;

constexpr std::string_view protocol = "\x07peernet";

tls make_tls(SSL_CTX* context) {
  tls made(::SSL_new(context), ::SSL_free);
  ::SSL_set_alpn_protos(made.get(), reinterpret_cast<const unsigned char*>(protocol.data()),
                        static_cast<unsigned>(protocol.size()));
  return made;
}

/// What a client says first.
const std::string& client_hello() {
  static const auto text = [] {
    const tls_context context(::SSL_CTX_new(::TLS_client_method()), ::SSL_CTX_free);
    const auto client = make_tls(context.get());
    BIO* said = ::BIO_new(::BIO_s_mem());
    ::SSL_set_bio(client.get(), ::BIO_new(::BIO_s_mem()), said); // which it owns
    ::SSL_connect(client.get());
    const char* bytes = nullptr;
    const auto size = BIO_get_mem_data(said, &bytes);
    return std::string(bytes, static_cast<std::size_t>(size));
  }();
  return text;
}

/// The port may have closed: that is its right.
void send_if_open(int fd, std::string_view bytes) {
  (void)!::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/// A frame's beginning: a type and a length.
std::string head(unsigned type, std::uint32_t size) {
  std::string bytes(frame_head, '\0');
  bytes[0] = static_cast<char>(type);
  for (unsigned i = 0; i < 4; ++i)
    bytes[4 + i] = static_cast<char>(size >> 8 * i);
  return bytes;
}

std::string repeated(std::string_view what, std::size_t bytes) {
  std::string text;
  while (text.size() + what.size() <= bytes)
    text += what;
  return text;
}

} // namespace

std::string noise(random_source& random, std::size_t bytes) {
  std::string text(bytes, '\0');
  std::ranges::generate(text, [&] { return static_cast<char>(random()); });
  return text;
}

// -- strangers ------------------------------------------------------------------------------------

strangers::~strangers() {
  for (const int fd : kept_)
    ::close(fd);
}

int strangers::knock() {
  return must(dial("127.0.0.1", daemon_.port(), soon()));
}

void strangers::stay_silent(int count) {
  for (; count > 0; --count)
    kept_.push_back(knock());
}

void strangers::babble(int count) {
  for (; count > 0; --count) {
    const int fd = knock();
    auto bytes = noise(random_, 1 + random_() % 4096);
    if (random_() % 2 == 0) // the beginning of TLS, at least
      bytes.replace(0, std::min<std::size_t>(bytes.size(), 3), "\x16\x03\x01", 0, 3);
    send_if_open(fd, bytes);
    const linger at_once{1, 0};
    if (random_() % 2 == 0)
      ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(fd);
  }
}

void strangers::begin_and_stay(int count) {
  for (; count > 0; --count) {
    kept_.push_back(knock());
    send_if_open(kept_.back(), client_hello());
  }
}

void strangers::creep(int count) {
  creeping_.clear();
  for (crept_ = 0; count > 0; --count) {
    kept_.push_back(knock());
    creeping_.push_back(kept_.back());
  }
  creep_on();
}

void strangers::creep_on() {
  if (crept_ >= client_hello().size())
    return;
  for (const int fd : creeping_)
    send_if_open(fd, client_hello().substr(crept_, 1));
  ++crept_;
}

bool strangers::shows(const identity* certificate) {
  const tls_context context(::SSL_CTX_new(::TLS_client_method()), ::SSL_CTX_free);
  if (certificate) {
    ::SSL_CTX_use_certificate(context.get(), certificate->certificate());
    ::SSL_CTX_use_PrivateKey(context.get(), certificate->key());
  }
  const auto client = make_tls(context.get());
  const int fd = knock();
  const timeval patience{test_deadline.count(), 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::SSL_set_fd(client.get(), fd);
  std::string greeting;
  append_frame(greeting, frame_type::message, encode(peernet::greeting{}));
  char byte = 0;
  // A client has done its part before the other side has looked at the certificate.
  const bool in =
      ::SSL_connect(client.get()) == 1 &&
      ::SSL_write(client.get(), greeting.data(), static_cast<int>(greeting.size())) > 0 &&
      ::SSL_read(client.get(), &byte, 1) == 1;
  ::close(fd);
  return in;
}

// -- hostile_coordinator --------------------------------------------------------------------------

namespace {

framed_stream come_to(const lone_daemon& daemon) {
  const stream_security security{
      .self = &daemon.coordinator(),
      .welcome = [print = daemon.self().print()](const fingerprint& f) { return f == print; }};
  framed_stream stream(must(secure_stream::over(must(dial("127.0.0.1", daemon.port(), soon())),
                                                security, stream_side::client)));
  const auto in = stream.handshake(soon());
  BOOST_REQUIRE_MESSAGE(in.ok(), why(in));
  return stream;
}

} // namespace

hostile_coordinator::hostile_coordinator(const lone_daemon& daemon) : stream_(come_to(daemon)) {}

void hostile_coordinator::fail(const std::string& what) {
  BOOST_FAIL(what);
  std::abort(); // BOOST_FAIL throws
}

void hostile_coordinator::write(std::string_view bytes) {
  auto& stream = stream_.stream();
  while (!bytes.empty()) {
    std::size_t sent = 0;
    const auto status = stream.write(std::as_bytes(std::span(bytes)), sent);
    bytes.remove_prefix(sent);
    if (status == stream_status::closed)
      return;
    if (status != stream_status::done)
      BOOST_REQUIRE_MESSAGE(
          wait_until_ready(stream.fd(), status == stream_status::wants_write ? POLLOUT : POLLIN,
                           soon()),
          "the daemon neither takes bytes nor closes");
  }
}

void hostile_coordinator::send(frame_type type, std::string_view body) {
  std::string frame;
  append_frame(frame, type, body);
  write(frame);
}

std::optional<remote_message> hostile_coordinator::hear() {
  for (;;) {
    auto frame = stream_.receive(soon());
    if (!frame) {
      BOOST_REQUIRE_MESSAGE(frame.error().code == errc::closed,
                            "waited in vain for the daemon: " << frame.error().message);
      return std::nullopt;
    }
    if (frame->type == frame_type::message)
      return must(decode(frame->body));
  }
}

machine_facts hostile_coordinator::greet() {
  say(greeting{});
  return hear_one<greeting>().facts;
}

std::vector<std::string> hostile_coordinator::order(std::vector<shipped_entry> files) {
  (void)greet();
  say(preparation{"hostile", "cloud", std::move(files)});
  return hear_one<wanted_files>().digests;
}

void hostile_coordinator::start_worker() {
  (void)order({});
  say(peernet::start_worker{});
  (void)hear_one<worker_started>();
}

std::string hostile_coordinator::hear_end() {
  std::string why;
  while (const auto m = hear())
    if (const auto* no = std::get_if<refusal>(&*m))
      why = no->why;
  return why;
}

// -- what to say ----------------------------------------------------------------------------------

const std::vector<hostile_saying>& no_frames() {
  static const std::vector<hostile_saying> all{
      {"bytes that are no frame",
       [](auto& peer, auto& random) { peer.write('\xff' + noise(random, 70'000)); }},
      {"a frame of no type", [](auto& peer, auto&) { peer.write(head(4, 1) + "x"); }},
      {"a message of 4 GB", [](auto& peer, auto&) { peer.write(head(1, UINT32_MAX)); }},
      {"a message that is 1 byte too long",
       [](auto& peer, auto&) {
         peer.write(head(1, most_message + 1) + std::string(most_message + 1, ' '));
       }},
      {"a piece of a file of 4 GB", [](auto& peer, auto&) { peer.write(head(2, UINT32_MAX)); }},
      {"control bytes of 64 kB and 1",
       [](auto& peer, auto&) { peer.write(head(3, most_piece + 1)); }},
  };
  return all;
}

const std::vector<hostile_saying>& no_messages() {
  static const std::vector<hostile_saying> all{
      {"a message that is no JSON",
       [](auto& peer, auto& random) { peer.send(frame_type::message, noise(random, 1000)); }},
      {"an empty message", [](auto& peer, auto&) { peer.send(frame_type::message, ""); }},
      {"a file that nobody asked for",
       [](auto& peer, auto& random) { peer.send(frame_type::file, noise(random, most_piece)); }},
      {"control bytes before there is a worker",
       [](auto& peer, auto& random) { peer.send(frame_type::control, noise(random, most_piece)); }},
      {"what only nodes say", [](auto& peer, auto&) { peer.say(worker_ended{"exit code 0"}); }},
      {"a start before its time", [](auto& peer, auto&) { peer.say(start_worker{}); }},
      {"a pairing",
       [](auto& peer, auto&) {
         peer.say(pairing{"claim", "name"});
       }},
  };
  return all;
}

const std::vector<std::string>& costly_texts() {
  static const std::vector<std::string> all{
      repeated("[", most_message),
      repeated("{\"\":", most_message),
      repeated("[", most_message / 2) + repeated("]", most_message / 2),
      "{\"message\":\"greeting\",\"facts\":" + repeated("[", most_message / 2 - 100) +
          repeated("]", most_message / 2 - 100) + "}",
      "[" + repeated("[],", most_message - 10) + "1]",
      "{\"message\":\"prepare\",\"run\":\"\",\"node\":\"\",\"files\":[" +
          repeated("{},", most_message - 100) + "{}]}",
      "{\"message\":\"" + std::string(most_message - 100, 'x') + "\"}",
  };
  return all;
}

} // namespace peernet

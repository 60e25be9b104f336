// SPDX-License-Identifier: MIT
#include "actors/remote/secure_stream.hpp"

#include "actors/remote/raw_socket.hpp"
#include "actors/remote/socket_bio.hpp"

#include <cassert>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace peernet {

namespace {

constexpr const char* closed_in_order = "the peer closed the connection";
constexpr const char* peer_is_bare = "the peer speaks no TLS (was it started with --insecure?)";
constexpr const char* peer_is_secure =
    "the peer speaks TLS, and this side was started with --insecure: start both sides the same way";
constexpr const char* we_are_unknown =
    "the peer does not know our certificate: pair the two machines first";
constexpr const char* peer_is_no_peernet = "the peer is no PeerNet";
constexpr const char* cut_in_handshake =
    "the peer ended the connection within the handshake (too many at its door, or no PeerNet)";

constexpr std::string_view protocol = "\x07peernet"; // as ALPN writes it: length and name
constexpr long largest_certificate = 16 << 10;
constexpr int most_drained = 4; // MiB of what nobody will read; who sends more is no friend

/// A fatal alert "protocol version" in the clear, and what no TLS begins with: the one tells a bare
/// peer, the other a secure one, that the two sides were started differently.
constexpr std::string_view tls_refusal{"\x15\x03\x03\x00\x02\x02\x46", 7};
constexpr std::string_view bare_refusal{"\x00", 1};

constexpr int alpn_length = static_cast<int>(protocol.size());
const unsigned char* alpn() {
  return reinterpret_cast<const unsigned char*>(protocol.data());
}

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using context = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;

std::string reason() {
  const auto code = ::ERR_peek_error();
  const char* words = ::ERR_reason_error_string(code);
  return words ? words : "no reason given";
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned offered_size, void*) noexcept {
  unsigned char* chosen = nullptr;
  if (::SSL_select_next_proto(&chosen, out_size, alpn(), alpn_length, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

} // namespace

struct secure_stream::inside {
  met_socket socket;
  const stream_security* security;                        ///< until the handshake is done
  std::unique_ptr<SSL, freed_by<SSL_free>> ssl = nullptr; ///< null: bare
  bool mute = false;                                      ///< nothing can be sent any more
  bool gone = false;                                      ///< nor received
  bool said_goodbye = false;
  std::optional<fingerprint> peer = {};
  bool unwelcome = false;
  error problem{errc::closed, ""};

  inside(int fd, const stream_security& s) : socket{.fd = fd}, security(&s) {}
  inside(const inside&) = delete;
  inside& operator=(const inside&) = delete;

  ~inside() {
    ssl.reset();
    if (gone) {
      // Closing over bytes that nobody read would send a reset, which can overtake our alert.
      ::shutdown(socket.fd, SHUT_WR);
      for (int i = 0; i < most_drained; ++i)
        if (receive_some(socket.fd, nullptr, 1 << 20, MSG_TRUNC | MSG_DONTWAIT) <= 0)
          break;
    }
    ::close(socket.fd);
  }

  [[nodiscard]] bool handshaken() const { return !ssl || !security; }

  stream_status end(error why) {
    gone = true;
    problem = std::move(why);
    return stream_status::closed;
  }

  /// What the peer sent before can still be read, and may hold a better reason.
  stream_status fall_mute() {
    mute = true;
    problem = why_broken();
    return stream_status::closed;
  }

  error why_broken() const {
    return {errc::closed, std::string("the connection broke: ") + std::strerror(socket.broke)};
  }

  result<void> secure(stream_side side);
  stream_status status(int returned);
  stream_status finish_handshake();
  error describe();

  static int verify(X509_STORE_CTX* store, void* self) noexcept; // OpenSSL calls it
};

/// In place of all that X.509 would check: a certificate is welcome or not, whoever signed it and
/// whenever. That the peer has its key is shown by the handshake.
int secure_stream::inside::verify(X509_STORE_CTX* store, void* self) noexcept {
  auto& in = *static_cast<inside*>(self);
  fingerprint print;
  unsigned size = 0;
  auto* certificate = ::X509_STORE_CTX_get0_cert(store);
  if (certificate &&
      ::X509_digest(certificate, ::EVP_sha256(),
                    reinterpret_cast<unsigned char*>(print.bytes.data()), &size) == 1 &&
      size == print.bytes.size()) {
    in.peer = print;
    if (in.security && in.security->welcome && in.security->welcome(print)) {
      ::X509_STORE_CTX_set_error(store, X509_V_OK);
      return 1;
    }
  }
  in.unwelcome = true;
  ::X509_STORE_CTX_set_error(store, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT); // alert: unknown CA
  return 0;
}

// -- inside ---------------------------------------------------------------------------------------

result<void> secure_stream::inside::secure(stream_side side) {
  ::ERR_clear_error();
  const context made(::SSL_CTX_new(::TLS_method()));
  auto* c = made.get();
  if (!c || ::SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) != 1 ||
      ::SSL_CTX_set_max_proto_version(c, TLS1_3_VERSION) != 1 ||
      ::SSL_CTX_use_certificate(c, security->self->certificate()) != 1 ||
      ::SSL_CTX_use_PrivateKey(c, security->self->key()) != 1 ||
      ::SSL_CTX_set_num_tickets(c, 0) != 1 ||
      ::SSL_CTX_set_alpn_protos(c, alpn(), alpn_length) != 0) // 0 is its success
    return error{errc::internal, "TLS does not start: " + reason()};
  ::SSL_CTX_set_options(c, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                          SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(c, largest_certificate);
  ::SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  ::SSL_CTX_set_cert_verify_callback(c, verify, this);
  ::SSL_CTX_set_alpn_select_cb(c, choose_protocol, nullptr);

  ssl.reset(::SSL_new(c));
  BIO* bio = make_socket_bio(socket);
  if (!ssl || !bio) {
    ::BIO_free(bio);
    return error{errc::internal, "TLS does not start: " + reason()};
  }
  ::SSL_set_bio(ssl.get(), bio, bio);
  if (side == stream_side::client)
    ::SSL_set_connect_state(ssl.get());
  else
    ::SSL_set_accept_state(ssl.get());
  return {};
}

/// What a call came to that returned `returned`, not 1.
stream_status secure_stream::inside::status(int returned) {
  const auto code = ::SSL_get_error(ssl.get(), returned);
  if (code == SSL_ERROR_WANT_READ)
    return stream_status::wants_read;
  if (code == SSL_ERROR_WANT_WRITE && socket.broke == 0)
    return stream_status::wants_write;
  if (code == SSL_ERROR_WANT_WRITE && !security) {
    // The reason may wait to be read, as an alert; then so does nothing else.
    char waiting = 0;
    std::size_t got = 0;
    ::ERR_clear_error();
    const auto peeked = ::SSL_peek_ex(ssl.get(), &waiting, 1, &got);
    const bool alert = peeked != 1 && ::SSL_get_error(ssl.get(), peeked) == SSL_ERROR_SSL;
    return alert ? end(describe()) : fall_mute();
  }
  if (code == SSL_ERROR_ZERO_RETURN)
    return end({errc::closed, closed_in_order});
  auto why = describe();
  if (socket.foreign)
    send_some(socket.fd, tls_refusal.data(), tls_refusal.size());
  return end(std::move(why));
}

/// Why OpenSSL gave up, in words.
error secure_stream::inside::describe() {
  if (socket.foreign)
    return {errc::unencrypted, peer_is_bare};
  if (unwelcome)
    return {errc::untrusted, "the peer's certificate is not known here" +
                                 (peer ? " (" + to_string(*peer) + ")" : std::string()) +
                                 ": pair the two machines first"};
  switch (ERR_GET_REASON(::ERR_peek_error())) {
  case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
  case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
  case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
  case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    return {errc::untrusted, we_are_unknown};
  case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    return {errc::untrusted, "the peer shows no certificate"};
  case SSL_R_UNSUPPORTED_PROTOCOL:
  case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    return {errc::closed, "the peer does not speak TLS 1.3"};
  case SSL_R_NO_APPLICATION_PROTOCOL:
  case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
    return {errc::closed, peer_is_no_peernet};
  case SSL_R_UNEXPECTED_EOF_WHILE_READING:
    return {errc::closed, security
                              ? cut_in_handshake
                              : "the peer's end was closed without a word (did its process end?)"};
  default:
    return socket.broke != 0 ? why_broken() : error{errc::closed, "TLS failed: " + reason()};
  }
}

stream_status secure_stream::inside::finish_handshake() {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  ::SSL_get0_alpn_selected(ssl.get(), &name, &size);
  if (!name || std::string_view(reinterpret_cast<const char*>(name), size) != protocol.substr(1))
    return end({errc::closed, peer_is_no_peernet});
  security = nullptr;
  return stream_status::done;
}

// -- the stream -----------------------------------------------------------------------------------

result<secure_stream> secure_stream::over(int fd, const stream_security& security,
                                          stream_side side) {
  auto in = std::make_unique<inside>(fd, security);
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
    return error{errc::io, std::string("cannot use a connection: ") + std::strerror(errno)};
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // other sockets need none
  if (security.self) {
    if (auto made = in->secure(side); !made)
      return made.error();
  }
  return secure_stream(std::move(in));
}

secure_stream::secure_stream(std::unique_ptr<inside> in) : in_(std::move(in)) {}
secure_stream::secure_stream(secure_stream&&) noexcept = default;
secure_stream& secure_stream::operator=(secure_stream&&) noexcept = default;
secure_stream::~secure_stream() = default;

stream_status secure_stream::handshake() {
  if (in_->gone)
    return stream_status::closed;
  if (in_->handshaken())
    return stream_status::done;
  ::ERR_clear_error();
  const int returned = ::SSL_do_handshake(in_->ssl.get());
  return returned == 1 ? in_->finish_handshake() : in_->status(returned);
}

stream_status secure_stream::read(std::span<std::byte> into, std::size_t& got) {
  assert(!into.empty() && in_->handshaken());
  got = 0;
  if (in_->gone)
    return stream_status::closed;
  if (in_->ssl) {
    ::ERR_clear_error();
    const int returned = ::SSL_read_ex(in_->ssl.get(), into.data(), into.size(), &got);
    return returned == 1 ? stream_status::done : in_->status(returned);
  }
  const auto n = receive_some(in_->socket.fd, into.data(), into.size());
  if (n == 0)
    return in_->end({errc::closed, closed_in_order});
  if (n < 0 && is_wait(errno))
    return stream_status::wants_read;
  if (n < 0) {
    in_->socket.broke = errno;
    return in_->end(in_->why_broken());
  }
  if (!std::exchange(in_->socket.heard, true) && is_tls(std::to_integer<unsigned char>(into[0]))) {
    send_some(in_->socket.fd, bare_refusal.data(), bare_refusal.size());
    return in_->end({errc::unencrypted, peer_is_secure});
  }
  got = static_cast<std::size_t>(n);
  return stream_status::done;
}

stream_status secure_stream::write(std::span<const std::byte> from, std::size_t& sent) {
  assert(!from.empty() && in_->handshaken() && !in_->said_goodbye);
  sent = 0;
  if (in_->gone || in_->mute)
    return stream_status::closed;
  if (in_->ssl) {
    ::ERR_clear_error();
    const int returned = ::SSL_write_ex(in_->ssl.get(), from.data(), from.size(), &sent);
    return returned == 1 ? stream_status::done : in_->status(returned);
  }
  const auto n = send_some(in_->socket.fd, from.data(), from.size());
  if (n < 0 && is_wait(errno))
    return stream_status::wants_write;
  if (n < 0) {
    in_->socket.broke = errno;
    unsigned char first = 0;
    const bool refused = !in_->socket.heard &&
                         receive_some(in_->socket.fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1 &&
                         is_tls(first);
    return refused ? in_->end({errc::unencrypted, peer_is_secure}) : in_->fall_mute();
  }
  sent = static_cast<std::size_t>(n);
  return stream_status::done;
}

bool secure_stream::has_pending() const {
  return in_->ssl && ::SSL_pending(in_->ssl.get()) > 0;
}

void secure_stream::say_goodbye() noexcept {
  if (in_->gone || in_->mute || !in_->handshaken() || std::exchange(in_->said_goodbye, true))
    return;
  if (in_->ssl) {
    ::ERR_clear_error();
    if (::SSL_shutdown(in_->ssl.get()) < 0)
      return; // the socket is full: what is in it should still arrive
  }
  ::shutdown(in_->socket.fd, SHUT_WR);
}

int secure_stream::fd() const noexcept {
  return in_->socket.fd;
}

std::optional<fingerprint> secure_stream::peer() const {
  return in_->ssl && in_->handshaken() ? in_->peer : std::nullopt;
}

const std::string& secure_stream::problem() const noexcept {
  return in_->problem.message;
}

errc secure_stream::kind_of_problem() const noexcept {
  return in_->problem.code;
}

} // namespace peernet

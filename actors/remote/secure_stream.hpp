// SPDX-License-Identifier: MIT
// A connected TCP stream to another machine, over TLS 1.3 with certificates on both sides; or bare,
// where both sides were started with --insecure. Never blocks.
#pragma once

#include "actors/remote/identity.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace peernet {

/// What a stream shows of us and asks of the peer.
struct stream_security {
  const identity* self = nullptr; ///< null: bare TCP, no identities at all
  /// Is a peer with this certificate welcome? Asked within the handshake, which fails if not.
  std::function<bool(const fingerprint&)> welcome;
};

enum class stream_side : std::uint8_t { client, server };

/// How a call on a stream that never blocks came out.
enum class stream_status : std::uint8_t {
  done,        ///< some bytes, or the handshake
  wants_read,  ///< again when the descriptor is readable
  wants_write, ///< again when it is writable
  closed,      ///< the peer closed in order, or the connection broke: see problem(). When a write
               ///< comes out so, what the peer sent before can still be read
};

/// Owns the descriptor. Thread: one at a time.
class secure_stream {
public:
  /// Takes `fd`, a connected stream socket (closed on an error, too), and makes it non-blocking.
  /// `security` outlives the handshake. errc::io; errc::internal: TLS does not start.
  [[nodiscard]] static result<secure_stream> over(int fd, const stream_security& security,
                                                  stream_side side);

  secure_stream(secure_stream&&) noexcept;
  secure_stream& operator=(secure_stream&&) noexcept;
  ~secure_stream(); ///< closes at once

  /// Goes on with the handshake until `done` (a bare stream is done at once). A client is done
  /// before the server has looked at its certificate: only its first read tells that it is not
  /// welcome.
  [[nodiscard]] stream_status handshake();

  /// Reads what is there, behind the handshake. `got` > 0 exactly when `done`.
  [[nodiscard]] stream_status read(std::span<std::byte> into, std::size_t& got);

  /// Writes what fits of bytes that are not none. `sent` > 0 exactly when `done`. After wants_*,
  /// come again with the same bytes, or more behind them. Never raises SIGPIPE.
  [[nodiscard]] stream_status write(std::span<const std::byte> from, std::size_t& sent);

  /// Decrypted bytes wait, although the descriptor may not be readable.
  [[nodiscard]] bool has_pending() const;

  /// Tells the peer that no more comes, if that is possible without waiting. Then write no more.
  void say_goodbye() noexcept;

  [[nodiscard]] int fd() const noexcept;
  /// The peer's certificate, behind the handshake; none on a bare stream.
  [[nodiscard]] std::optional<fingerprint> peer() const;
  /// Why it is `closed`, in words for the user: "the peer closed the connection", "the peer does
  /// not know our certificate", "the peer speaks no TLS (was it started with --insecure?)"…
  [[nodiscard]] const std::string& problem() const noexcept;
  /// errc::untrusted, errc::unencrypted (one side was started with --insecure); all else is
  /// errc::closed.
  [[nodiscard]] errc kind_of_problem() const noexcept;

private:
  struct inside;
  explicit secure_stream(std::unique_ptr<inside> in);
  std::unique_ptr<inside> in_;
};

} // namespace peernet

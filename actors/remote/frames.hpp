// SPDX-License-Identifier: MIT
// What travels between a coordinator and a node on their one connection: frames of a type and a
// length. Little-endian, 8 bytes before each body: type (1), zero (3), length (4).
#pragma once

#include "actors/remote/ready.hpp"
#include "actors/remote/secure_stream.hpp"
#include "runtime/core/time.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace peernet {

enum class frame_type : std::uint8_t {
  message = 1, ///< JSON (messages.hpp), at most most_message bytes
  file = 2,    ///< a piece of the file last named in a message, at most most_piece bytes
  control = 3, ///< bytes of CAF's protocol between coordinator and worker, at most most_piece
};

inline constexpr std::size_t frame_head = 8;
inline constexpr std::size_t most_message = 1 << 20;
inline constexpr std::size_t most_piece = 64 << 10;

struct remote_frame {
  frame_type type = frame_type::message;
  std::string body;
};

/// Puts a head before `body`. The body must not be longer than its type allows.
void append_frame(std::string& to, frame_type type, std::string_view body);

/// Takes frames out of a stream of bytes, never holding more than one frame of the longest kind.
/// Hostile bytes end in an error, before any memory is taken for what they announce.
class frame_parser {
public:
  /// Room for the next bytes to read, never empty; ask when `next` had no more to give.
  [[nodiscard]] std::span<std::byte> room();
  /// So many bytes were put there.
  void filled(std::size_t bytes);

  /// The next whole frame, if there is one. errc::corrupt for what is no frame; for good.
  [[nodiscard]] result<std::optional<remote_frame>> next();

private:
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0, end_ = 0;
};

/// A stream that speaks in frames and waits with deadlines. Thread: one at a time.
class framed_stream {
public:
  /// Connects with whoever listens at `host` and `port` and shakes hands. Errors of dial() and
  /// handshake(). `security` outlives the call.
  [[nodiscard]] static result<framed_stream> connect(const std::string& host, std::uint16_t port,
                                                     const stream_security& security,
                                                     const wait_limit& limit);

  explicit framed_stream(secure_stream over) : stream_(std::move(over)) {}

  // All of them: errc::timeout at the limit's deadline, errc::closed when interrupted;
  // errc::untrusted and errc::unencrypted when the two sides turn out not to fit.

  /// Waits until the handshake is done. errc::refused with the stream's problem.
  [[nodiscard]] result<void> handshake(const wait_limit& limit);

  /// After errc::timeout the frame's rest goes before the next one. errc::closed with the stream's
  /// problem; errc::too_large.
  [[nodiscard]] result<void> send(frame_type type, std::string_view body, const wait_limit& limit);

  /// The next frame. errc::closed, errc::corrupt.
  [[nodiscard]] result<remote_frame> receive(const wait_limit& limit);

  [[nodiscard]] secure_stream& stream() noexcept { return stream_; }
  [[nodiscard]] frame_parser& parser() noexcept { return parser_; }
  /// What a `send` that ran into its deadline has left over; to go first.
  [[nodiscard]] std::string& unsent() noexcept { return unsent_; }

private:
  /// Why the stream is closed, of the `usual` kind if it is of no other.
  [[nodiscard]] error problem(errc usual) const;

  secure_stream stream_;
  frame_parser parser_;
  std::string unsent_;
};

} // namespace peernet

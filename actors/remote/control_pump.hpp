// SPDX-License-Identifier: MIT
// Joins a connection in frames with a local socket that CAF owns the other end of: control frames
// become bytes and bytes control frames, so that CAF never sees the network and the network never
// sees CAF unasked.
#pragma once

#include "actors/remote/frames.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>

namespace peernet {

/// One thread; ends with the connection. Bounded: what one side does not take is not read from the
/// other, beyond `most_held` each way. Thread: any.
class control_pump {
public:
  static constexpr std::size_t most_held = 256 << 10; ///< bytes each way, a message aside
  static constexpr std::size_t most_said = 64;        ///< messages that wait to be sent

  /// The functions are called on the pump's thread, must return soon and may say() and finish(),
  /// but not destroy the pump.
  struct settings {
    std::string name; ///< of the thread
    /// A message came between control frames.
    std::function<void(std::string)> on_message;
    /// A piece of a file came, likewise. Without this function one ends the connection.
    std::function<void(std::span<const std::byte>)> on_piece = {};
    /// True once nothing more is to come for the local side: when it has taken the rest it is told
    /// so. Asked on the pump's thread, after a message.
    std::function<bool()> local_is_served = {};
    /// The local side has ended, once, with the reason; what it sent last is on its way. The
    /// connection stays, so that a last message can be said, until finish() or the peer's end.
    /// Without this function it is finished at once, as by finish() with `patience`.
    std::function<void(const std::string&)> on_local_end = {};
    /// The end of the connection, once, with the reason ("the peer closed the connection"). Both
    /// descriptors are closed by then. Not called if the pump is destroyed before.
    std::function<void(const std::string&)> on_end;
    /// When one side has ended, the other has so long to take what it sent last.
    duration patience = std::chrono::seconds{2};
  };

  /// Takes the stream, handshaken, and `local`, the descriptor of a stream socket.
  control_pump(framed_stream remote, int local, settings s);
  ~control_pump(); ///< stops it at once

  /// Sends a message between control frames. Thread: any. Never waits; lost if the pump has ended
  /// or is finishing, and counted as dropped if too many wait or it is longer than most_message.
  void say(std::string message);

  /// Messages that say() had no room for.
  [[nodiscard]] std::uint64_t dropped() const;

  /// Ends it once what was said, and what was read from the local side, has left and the peer has
  /// closed, at most until `deadline`. Does not wait for it. Of two calls the earlier deadline
  /// counts.
  void finish(stamp deadline);

  /// Gives the stream back once the local side has ended and all it sent, and all that was said,
  /// has left; at `deadline` at the latest, with the rest unsent in it. Nothing if the connection
  /// has ended. Needs on_local_end. After that the pump is done; on_end is not called. Thread: any
  /// but the pump's.
  [[nodiscard]] std::optional<framed_stream> take_back(stamp deadline);

private:
  struct inside;
  std::shared_ptr<inside> in_;
  std::jthread thread_;
};

} // namespace peernet

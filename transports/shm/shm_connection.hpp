// SPDX-License-Identifier: MIT
// One connection as the receiving end of a shm channel has it: a socket that tells when the sender
// is gone, and the ring that it handed over.
#pragma once

#include "transports/listening_end.hpp"
#include "transports/shm/shm_memory.hpp"
#include "transports/shm/shm_ring.hpp"

#include <optional>
#include <string>
#include <utility>

namespace peernet {

/// Thread: the one in `receive`.
class shm_connection {
public:
  /// `place` outlives the connection.
  shm_connection(descriptor socket, connection_place& place, stamp since);

  /// Takes the ring, or begins a turn of reading it. errc::refused for a wrong greeting, another
  /// user's process, or a ring that is none.
  [[nodiscard]] result<void> read(const clock& clock, std::uint32_t events);

  /// The next frame of this turn, which ends where the ring did when it began, so that others have
  /// theirs. Once the sender is gone: all that lies in the ring, then errc::closed.
  [[nodiscard]] result<bool> advance(const clock& clock);

  [[nodiscard]] incoming_frame release() noexcept {
    proven_ = true;
    return std::move(*std::exchange(frame_, std::nullopt));
  }

  [[nodiscard]] stamp since() const noexcept { return since_; }
  [[nodiscard]] bool greeted() const noexcept { return greeted_; }
  [[nodiscard]] bool proven() const noexcept { return proven_; }
  [[nodiscard]] bool cut_short() const noexcept { return false; } // what is not whole is not there
  [[nodiscard]] std::size_t unfinished() const noexcept { return 0; }

private:
  [[nodiscard]] result<void> take_ring();

  descriptor socket_;
  connection_place& place_;
  const stamp since_;
  bool greeted_ = false;
  bool proven_ = false;
  bool sender_gone_ = false;
  shm_memory memory_;
  ring_reader ring_;
  doorbell work_{descriptor{}}; ///< the sender rings it
  doorbell room_{descriptor{}}; ///< the sender waits for it
  std::uint64_t turn_end_ = 0;
  std::optional<incoming_frame> frame_;
};

/// The receiving end of a shm channel; its socket's path is gone with it.
class shm_receiver final : public listening_end<shm_connection> {
public:
  shm_receiver(const channel_settings& settings, descriptor listener, std::string path,
               listening_limits limits = {})
      : listening_end(settings, std::move(listener), {.address = path}, limits),
        path_(std::move(path)) {}
  ~shm_receiver() override { ::unlink(path_.c_str()); }

private:
  const std::string path_;
};

} // namespace peernet

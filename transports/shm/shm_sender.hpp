// SPDX-License-Identifier: MIT
// The sending end of a shm channel. The stage's own thread writes into the ring; a thread of the
// end hands a new ring to the receiver whenever there is one.
#pragma once

#include "runtime/plugin/channel.hpp"
#include "transports/connection_keeper.hpp"
#include "transports/shm/shm_memory.hpp"
#include "transports/shm/shm_ring.hpp"

#include <atomic>
#include <string>

namespace peernet {

class shm_sender final : public send_end {
public:
  /// Begins to connect to the socket at `to.address`, with rings of `ring` bytes.
  shm_sender(const channel_settings& settings, const endpoint& to, std::size_t ring);
  ~shm_sender() override;

  send_status try_send(const outgoing_frame& frame) override;
  bool wait_writable(duration patience) override;
  void close(duration patience) noexcept override;
  bool connected() override;
  std::string limit() const override;
  std::optional<std::string> outage() override { return keeper_.take_outage(); }
  channel_report report() const override;

private:
  /// Who may touch the ring.
  enum class phase : std::uint8_t {
    down,   ///< the end's thread: there is none
    ready,  ///< whoever takes it from here
    taken,  ///< the thread in `try_send` or `wait_writable`
    broken, ///< the end's thread: the receiver has spoilt it
    closed, ///< nobody: the end is over
  };

  [[nodiscard]] bool take() noexcept {
    auto was = phase::ready;
    return phase_.compare_exchange_strong(was, phase::taken, std::memory_order_acquire);
  }
  result<void> make();
  std::string hold();
  void let_go() noexcept;

  const std::string path_;
  const std::size_t ring_size_;
  const std::size_t most_frames_;
  descriptor socket_;
  shm_memory memory_;
  ring_writer ring_;
  const doorbell work_; ///< wakes the receiver
  const doorbell room_; ///< the receiver tells of room; so does the end's thread of a new ring
  std::atomic<phase> phase_{phase::down};
  std::atomic<std::uint64_t> bytes_{0};
  connection_keeper keeper_;
};

} // namespace peernet

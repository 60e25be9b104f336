// SPDX-License-Identifier: MIT
// The sending end of a tcp channel. The stage's own thread writes; a thread of the end connects,
// finishes what a full socket left over, and connects again when the connection breaks.
#pragma once

#include "runtime/plugin/channel.hpp"
#include "transports/connection_keeper.hpp"
#include "transports/tcp/tcp_frame_writer.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>

namespace peernet {

class tcp_sender final : public send_end {
public:
  /// Begins to connect. `settings.key` is empty or has `channel_key_bytes`.
  tcp_sender(const channel_settings& settings, const endpoint& to);
  ~tcp_sender() override;

  send_status try_send(const outgoing_frame& frame) override;
  bool wait_writable(duration patience) override;
  void close(duration patience) noexcept override;
  /// With a key: the other side has proved that it knows it. Without: it said the right hello.
  bool connected() override;
  std::optional<std::string> outage() override { return keeper_.take_outage(); }
  channel_report report() const override;

private:
  /// Who may touch the socket and the writer.
  enum class phase : std::uint8_t {
    down,    ///< the end's thread: there is no connection
    ready,   ///< whoever takes it from here
    writing, ///< the thread in `try_send`
    pending, ///< the end's thread: something is left over
    broken,  ///< the end's thread: `try_send` found the connection gone
    closed,  ///< nobody: the end is over
  };

  result<void> make();
  std::string hold();
  result<void> greet();
  result<void> say(std::span<const std::byte> bytes, stamp until) const;
  result<void> hear(std::span<std::byte> bytes, stamp until) const;
  void let_go() noexcept;
  void enter(phase p) noexcept;
  [[nodiscard]] std::string hold_until_it_ends();

  const std::string key_;
  const endpoint to_;
  descriptor socket_;
  std::string record_key_; ///< of this connection; empty without a key
  frame_writer writer_;
  std::atomic<phase> phase_{phase::down};
  std::atomic<std::uint64_t> greeted_bytes_{0};
  std::mutex mutex_; ///< for waiting on phase_ alone
  std::condition_variable changed_;
  connection_keeper keeper_;
};

} // namespace peernet

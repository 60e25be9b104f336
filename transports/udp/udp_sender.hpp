// SPDX-License-Identifier: MIT
// The sending end of `udp`: cuts frames into datagrams, seals or checks them, sends all at once or
// spread over time, and finds out before a run whether the receiving end hears full datagrams.
#pragma once

#include "transports/udp/udp_datagram.hpp"
#include "transports/udp/udp_send_socket.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace peernet {

/// A frame that the socket has no room for is finished by a thread of the end's own, and so is,
/// with a pace, what of a frame is not due yet; while that has one, `try_send` says would_block.
/// Nothing is taken before the receiving end has answered. closed for frames above the limit, and
/// for good once datagrams turned out to be longer than the path takes: `report` says so.
class udp_send_end final : public send_end {
public:
  /// Asks at once whether the receiving end is there. errc::too_large if the first network on the
  /// way cannot carry such datagrams; errc::io, errc::not_found.
  [[nodiscard]] static result<std::unique_ptr<udp_send_end>>
  connect(const channel_settings& settings, const endpoint& to);
  ~udp_send_end() override;

  send_status try_send(const outgoing_frame& frame) override;
  bool wait_writable(duration patience) override;
  void close(duration patience) noexcept override;
  bool connected() override;
  [[nodiscard]] channel_report report() const override;

private:
  /// What of a frame has yet to leave.
  struct remainder {
    wire_header header;
    std::span<const std::byte> body;
    storage_ref owner; ///< of the body, once the call that brought it has returned
    std::size_t next = 0;
    std::size_t parts = 0;

    [[nodiscard]] bool done() const noexcept { return next == parts; }
  };

  udp_send_end(const channel_settings& settings, const endpoint& to, udp_send_socket socket);

  bool put_around(std::span<std::byte> datagram) noexcept;
  [[nodiscard]] std::optional<std::size_t> make_part(std::size_t slot, std::size_t number) noexcept;
  [[nodiscard]] bool is_due() noexcept;
  [[nodiscard]] udp_send_socket::status send_some(std::size_t most);
  void ask();
  void hear();
  void start_thread_once();
  void hand_to_thread(const payload& body);
  void run(const std::stop_token& stop);
  void finish_frame(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  [[nodiscard]] duration time_of(std::size_t part) const noexcept;
  void fail_too_long(std::size_t datagram);
  void say(std::string trouble);

  const std::string name_, where_;
  const udp_options options_;
  const std::uint64_t run_;
  const udp_cut cut_;
  std::optional<datagram_sealer> sealer_;
  udp_send_socket socket_;
  std::vector<std::size_t> sizes_; ///< of the batch being sent
  remainder left_;                 ///< the thread's while busy_, else the caller's
  std::atomic<bool> closed_{false};

  bool connected_ = false;
  bool small_heard_ = false; ///< a small question was answered
  std::uint64_t asked_ = 0;
  stamp ask_again_{};

  stamp due_{}; ///< with a pace: when the next datagram may leave
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  bool busy_ = false;   ///< the thread has a frame; under mutex_
  std::string trouble_; ///< under mutex_

  std::atomic<std::uint64_t> packets_{0}, bytes_{0}, refused_{0};
  std::jthread thread_;
};

} // namespace peernet

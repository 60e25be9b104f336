// SPDX-License-Identifier: MIT
// The receiving end of a tcp channel: one thread, that of `receive`, waits for the listener and all
// connections at once. Strangers cost a place for a moment, and a count.
#pragma once

#include "runtime/plugin/channel.hpp"
#include "transports/tcp_connection.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <sys/epoll.h>
#include <vector>

namespace peernet {

/// What strangers may cost.
struct tcp_limits {
  std::size_t greeting = 256;     ///< connections that have not greeted; the oldest goes
  std::size_t connections = 4096; ///< in all; the oldest that has not proven itself goes
  duration patience = std::chrono::seconds{5}; ///< for a greeting
  std::size_t unfinished = std::size_t{1}
                           << 30; ///< bytes of frames that are not whole; who has most goes
};

class tcp_receiver final : public receive_end {
public:
  /// `listener` listens at `where`. `settings.key` is empty or has `channel_key_bytes`.
  tcp_receiver(const channel_settings& settings, descriptor listener, endpoint where,
               tcp_limits limits = {});
  ~tcp_receiver() override;

  [[nodiscard]] endpoint where() const override { return where_; }
  result<std::optional<incoming_frame>> receive(const clock& clock, duration patience) override;
  void stop() noexcept override;
  channel_report report() const override;

private:
  void watch(int fd, tcp_connection* whose) const noexcept;
  bool wait(stamp until);
  void accept_some();
  void add(descriptor socket);
  void make_room();
  void hang_up(tcp_connection* c) noexcept;
  void refuse(tcp_connection* c) noexcept;
  void refuse_the_late() noexcept;
  void refuse_the_greediest() noexcept;
  [[nodiscard]] tcp_connection* oldest(bool (tcp_connection::*unlike)() const noexcept) const;

  const std::string key_;
  const endpoint where_;
  const tcp_limits limits_;
  const std::size_t max_body_;
  descriptor listener_;
  descriptor epoll_;
  descriptor spare_; ///< given up for a moment to refuse somebody when there is no other left
  doorbell stop_;
  std::atomic<bool> stopped_{false};

  tcp_tally tally_;
  std::vector<std::unique_ptr<tcp_connection>> connections_; ///< in order of arrival
  std::size_t greeting_ = 0;                                 ///< of those, not greeted yet
  tcp_connection* current_ = nullptr;                        ///< has something read in it
  std::array<epoll_event, 64> events_;
  std::size_t next_event_ = 0, event_count_ = 0;
  bool knocking_ = false; ///< somebody waits at the listener, behind those that are there

  std::atomic<std::uint64_t> accepted_{0}, refused_{0}, truncated_{0};
};

} // namespace peernet

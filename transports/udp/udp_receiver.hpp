// SPDX-License-Identifier: MIT
// The receiving end of `udp`: takes datagrams in batches, stamps, and delivers what the intake
// makes of them.
#pragma once

#include "transports/arrival_clock.hpp"
#include "transports/udp/udp_intake.hpp"
#include "transports/udp/udp_receive_socket.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace peernet {

/// Until the first `receive` a thread of its own answers the greetings of senders; from then on
/// `receive` does.
class udp_receive_end final : public receive_end {
public:
  /// errc::io, with the address.
  [[nodiscard]] static result<std::unique_ptr<udp_receive_end>>
  bind(const channel_settings& settings);
  ~udp_receive_end() override;

  [[nodiscard]] endpoint where() const override { return where_; }
  result<std::optional<incoming_frame>> receive(const clock& clock, duration patience) override;
  void stop() noexcept override;
  [[nodiscard]] channel_report report() const override;

private:
  udp_receive_end(const channel_settings& settings, udp_receive_socket socket);

  void greet();
  void end_greeting() noexcept;
  void take(duration patience);
  [[nodiscard]] result<std::optional<whole_frame>> next();
  [[nodiscard]] incoming_frame stamped(whole_frame frame, const clock& by) noexcept;

  const udp_options options_;
  const bool sealed_;
  const std::string name_;
  udp_receive_socket socket_;
  udp_intake intake_;
  endpoint where_;
  arrival_clock arrivals_;

  // the batch in hand
  std::size_t taken_ = 0, next_ = 0;
  stamp taken_at_{};
  wall_reading wall_;

  std::optional<whole_frame> greeted_with_; ///< a frame that came before the first `receive`
  descriptor wake_;                         ///< ends the greeting
  std::atomic<bool> stopped_{false};
  std::atomic<std::uint64_t> packets_{0}, bytes_{0};
  std::jthread greeter_;
};

} // namespace peernet

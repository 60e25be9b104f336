// SPDX-License-Identifier: MIT
// The sending side of one lane: encodes, stamps and sends on the stage's own thread while the
// channel has room, and behind a bounded queue with a thread of its own as soon as it has none. If
// the link is impaired, that thread sends all frames, each when the emulated network lets it out.
#pragma once

#include "runtime/config/scenario.hpp"
#include "runtime/core/bounded_queue.hpp"
#include "runtime/plugin/channel.hpp"
#include "runtime/plugin/codec.hpp"
#include "transports/impairment/delay_line.hpp"
#include "transports/inlet.hpp"
#include "transports/node_context.hpp"
#include "transports/psnr_meter.hpp"
#include "transports/wire.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace peernet {

/// What a sending end counts. Thread: read by any.
struct sender_counters {
  /// Frames the channel took, repeats not counted, and those that an impairment lost on the way
  /// there; without one also the next sequence number.
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> bytes{0};   ///< headers and bodies of what the channel took
  std::atomic<std::uint64_t> dropped{0}; ///< gave way in the send queue
  std::atomic<std::uint64_t> failed{0};  ///< could not be encoded, or met a closed channel
};

/// The sending side of one lane.
class lane_sender final : public outlet {
public:
  struct settings {
    std::string name; ///< the link's
    place_id link = 0;
    std::uint16_t lane = 0;
    std::uint32_t route_step = 0; ///< plan_lane::route_step
    queue_config queue;
    std::string codec = "raw";       ///< names_of() the link's
    std::uint16_t encoded_bytes = 0; ///< the run's number of that value; with codecs only
    psnr_meter* meter = nullptr;     ///< outlives the lane; null: none was asked for
    std::size_t max_frame =
        256u << 20; ///< larger bodies fail here instead of breaking the connection
    std::optional<emulation> impair;
    /// Impaired: the value (as in layout::values) that tells for how long the emulated network was
    /// to hold each sample back, µs; none: it is not told.
    std::optional<std::uint16_t> planned_delay;
  };

  /// `codecs`: one for each worker of the stage, or none for raw.
  lane_sender(settings s, node_context context, std::unique_ptr<send_end> channel,
              std::vector<std::unique_ptr<codec>> codecs);
  ~lane_sender() override;

  void send(const sample& s, std::uint16_t worker, recorder& by) override;
  void stop_blocking() override { queue_.stop_blocking(); }

  /// After the last `send`: waits until everything queued has left, at most until `deadline` of the
  /// machine's clock, then closes the channel. What could not leave stays without a fate and ends
  /// as `unfinished`. Later calls, the destructor's too, do nothing. Thread: one at a time.
  void finish(stamp deadline);

  /// True once the channel's connection stands. Thread: before the first `send`.
  [[nodiscard]] bool connected() { return channel_->connected(); }

  /// Frames queued or being sent behind the queue, and those in the emulated network. Thread: any.
  [[nodiscard]] std::size_t waiting() const noexcept {
    return behind_.load(std::memory_order_relaxed) + (line_ ? line_->size() : 0);
  }

  [[nodiscard]] const sender_counters& counters() const noexcept { return counters_; }
  [[nodiscard]] const settings& about() const noexcept { return settings_; }
  /// What the channel has to tell, and what the impairment did.
  [[nodiscard]] channel_report channel_counts() const;

private:
  /// A frame that waits for room.
  struct queued_frame {
    sample frame;
    stamp since{};
  };

  struct handed {
    send_status status;
    stamp at; ///< directly before the call
  };

  [[nodiscard]] bool claim() noexcept {
    return !claimed_.exchange(true, std::memory_order_acquire);
  }
  void unclaim() noexcept;
  /// False: the sample has failed, which is recorded.
  [[nodiscard]] bool encode(sample& frame, std::uint16_t worker, recorder& by);
  void pass_on(const sample& frame, recorder& by);
  handed hand_over(const sample& frame, recorder& by);
  void not_taken(send_status status, const sample& frame, stamp when, recorder& by);
  void tell_outages(bool sent);
  void tell_trouble();
  void enqueue(const sample& frame, stamp since, recorder& by);
  void pump(std::stop_token stop);

  std::optional<stamp> enter(const sample& frame, stamp since, recorder& by);
  stamp feed(std::optional<queued_frame>& held, recorder& by);
  void release(delayed_frame& d, const std::stop_token& stop, recorder& by);
  void run_line(const std::stop_token& stop);

  const settings settings_;
  const node_context context_;
  const std::unique_ptr<send_end> channel_; ///< used by whoever holds claimed_
  const std::vector<std::unique_ptr<codec>> codecs_;
  wire_header header_;        ///< the lane's constant fields; used under claimed_
  bool down_ = false;         ///< an outage was told of, its end was not; used under claimed_
  bool told_trouble_ = false; ///< used under claimed_
  sender_counters counters_;

  std::atomic<bool> claimed_{false};
  std::atomic<std::size_t> behind_{
      0}; ///< frames queued or in the pump's hands: direct sending must wait its turn
  bounded_queue<queued_frame> queue_;
  const std::unique_ptr<delay_line> line_; ///< impaired: what frames pass before the channel
  std::atomic<bool> finished_{false};
  std::once_flag pump_started_;
  std::jthread pump_;
};

} // namespace peernet

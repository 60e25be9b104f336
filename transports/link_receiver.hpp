// SPDX-License-Identifier: MIT
// The receiving side of a link: one thread blocked at the channel, which stamps, checks and counts
// every frame and puts its sample into the stage's queue.
#pragma once

#include "runtime/config/plan.hpp"
#include "runtime/plugin/channel.hpp"
#include "transports/inlet.hpp"
#include "transports/lane_sender.hpp"
#include "transports/sequence_tracker.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace peernet {

/// What a receiving end counts for one lane.
struct lane_arrivals {
  std::uint16_t lane = 0;
  sequence_tracker frames;
  std::uint64_t bytes = 0; ///< headers and bodies of all valid frames
};

/// What a receiving end counts for bytes that belong to no lane. Thread: read by any.
struct stray_counters {
  std::atomic<std::uint64_t> corrupt{0}; ///< fail the checks of the wire format
  std::atomic<std::uint64_t> foreign{
      0}; ///< of another run, or of another link or way than this one
};

/// The receiving side of a link at one stage instance. All lanes that lead there share it.
class link_receiver {
public:
  struct settings {
    std::string name; ///< the link's
    place_id link = 0;
    std::uint16_t input = 0; ///< the number of this link at its stage
    std::string codec = "raw";
    std::size_t max_frame = 256u << 20;
  };

  /// `lanes` are the plan's lanes that lead here; `whole` and `target` outlive the receiver.
  link_receiver(settings s, node_context context, const plan& whole,
                const std::vector<std::uint32_t>& lanes, std::unique_ptr<receive_end> channel,
                inlet& target);
  ~link_receiver();

  [[nodiscard]] endpoint where() const { return channel_->where(); }

  /// Begins to receive, on a thread of its own. Idempotent. Before the run: some channels make
  /// their connections there.
  void start();

  /// Ends the thread; frames still in the channel are not taken any more. Idempotent.
  void stop();

  /// Final after `stop`; before that a snapshot of counters only (`unique` may lag by one frame).
  [[nodiscard]] const std::vector<lane_arrivals>& arrivals() const noexcept { return arrivals_; }
  [[nodiscard]] const stray_counters& strays() const noexcept { return strays_; }
  [[nodiscard]] std::uint64_t received() const noexcept {
    return received_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] const settings& about() const noexcept { return settings_; }
  [[nodiscard]] channel_report channel_counts() const { return channel_->report(); }

private:
  static constexpr std::uint32_t elsewhere = 0xFFFF'FFFF;

  void run(std::stop_token stop);
  void accept(incoming_frame&& frame, recorder& by);
  void count_stray(errc why) noexcept;
  [[nodiscard]] lane_arrivals* lane_of(const wire_header& h) noexcept;

  const settings settings_;
  const node_context context_;
  const plan& plan_;
  const std::unique_ptr<receive_end> channel_;
  inlet& target_;
  const std::uint16_t codec_;
  std::vector<lane_arrivals> arrivals_; ///< written by the receiving thread only
  std::vector<node_id> senders_;        ///< index as arrivals_: the lane's sending node
  std::vector<std::uint32_t> index_;    ///< by lane number: place in arrivals_, or `elsewhere`
  stray_counters strays_;
  std::atomic<std::uint64_t> received_{0};
  std::jthread thread_;
};

} // namespace peernet

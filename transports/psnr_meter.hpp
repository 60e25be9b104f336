// SPDX-License-Identifier: MIT
// Measures what a link's codecs cost its pictures, beside the sample's way: a thread of the lowest
// priority decodes what was sent and compares it with what went in. It skips rather than holding
// anybody up.
#pragma once

#include "runtime/core/bounded_queue.hpp"
#include "runtime/plugin/codec.hpp"
#include "transports/node_context.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

namespace peernet {

/// One for all lanes of a link that begin on a node.
class psnr_meter {
public:
  /// Pictures that may wait, each with its encoded form.
  static constexpr std::size_t most_waiting = 4;

  /// `value`: the run's number of link_value::psnr. Starts the thread.
  psnr_meter(std::string link, std::uint16_t value, node_context context,
             std::unique_ptr<codec> decoder);
  ~psnr_meter();

  /// Measures one picture when there is time; skips it if too many wait. `at_lane.route` ends at
  /// lane number `lane`. Never waits. Thread: any.
  void offer(const sample_header& at_lane, std::uint16_t lane, payload original, payload encoded);

  /// Takes nothing more. What waits is measured until `deadline` of the machine's clock, the rest
  /// is skipped. Does not wait. Thread: any.
  void request_finish(stamp deadline);

  /// The same, and waits until it is done; then the node's log says what was left out. Idempotent.
  /// Thread: one at a time.
  void finish(stamp deadline);

  /// Pictures without a figure because there was no time. Thread: any.
  [[nodiscard]] std::uint64_t skipped() const noexcept {
    return skipped_.load(std::memory_order_relaxed);
  }

private:
  struct picture {
    sample_header header;
    std::uint16_t lane = 0;
    payload original, encoded;
  };

  void run();
  [[nodiscard]] result<double> measure(const picture& p) noexcept;
  void tell() const;

  const std::string link_;
  const std::uint16_t value_;
  const node_context context_;
  const std::unique_ptr<codec> decoder_; ///< the thread's own
  bounded_queue<picture> queue_{most_waiting, overflow::drop_newest};
  std::atomic<stamp> deadline_{stamp::max()};
  std::atomic<std::uint64_t> offered_{0}, skipped_{0};
  std::uint64_t unfit_ = 0; ///< of which there is no such figure; the thread's until it ended
  std::string why_unfit_;   ///< of the first
  std::jthread thread_;
};

} // namespace peernet

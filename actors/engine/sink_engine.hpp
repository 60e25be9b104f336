// SPDX-License-Identifier: MIT
// The measured path of one sink: takes samples from its queue, decodes, acts, and closes their
// traces.
#pragma once

#include "actors/engine/stage_queue.hpp"
#include "runtime/config/plan.hpp"
#include "runtime/plugin/codec.hpp"
#include "runtime/plugin/sink.hpp"

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace peernet {

/// What the engines of a stage share.
struct stage_identity {
  std::string name;
  std::uint16_t copy = 0;
};

/// Decoders of one worker, by the stage's input number; null where the link is raw or local.
using decoder_set = std::vector<std::unique_ptr<codec>>;

/// Undoes the codec of the link the sample came by and records the step `decode`. False: it was
/// corrupt; its end is recorded and it must not be used.
[[nodiscard]] bool decode_arrived(queued_sample& s, decoder_set& decoders, const plan& whole,
                                  const node_context& context, recorder& by);

/// One sink copy. Thread: `start`, `stop` by its owner; counters by any.
class sink_engine {
public:
  sink_engine(stage_identity who, std::unique_ptr<sink> what, std::shared_ptr<stage_queue> queue,
              decoder_set decoders, const plan& whole, node_context context);
  ~sink_engine();

  void start();
  /// Works off nothing more; what still waits stays unfinished. Idempotent.
  void stop();

  [[nodiscard]] std::uint64_t delivered() const noexcept {
    return delivered_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t failed() const noexcept {
    return failed_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] const stage_identity& who() const noexcept { return who_; }
  [[nodiscard]] node_id node() const noexcept { return context_.node; }
  [[nodiscard]] const std::shared_ptr<stage_queue>& queue() const noexcept { return queue_; }

private:
  void run(std::stop_token stop);

  const stage_identity who_;
  const std::unique_ptr<sink> sink_;
  const std::shared_ptr<stage_queue> queue_;
  decoder_set decoders_;
  const plan& plan_;
  const node_context context_;
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::jthread thread_;
};

} // namespace peernet

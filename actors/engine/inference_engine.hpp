// SPDX-License-Identifier: MIT
// The measured path of one inference stage: workers that take samples from its queue, decode, run
// the model step by step, and send what it emits.
#pragma once

#include "actors/engine/sink_engine.hpp"
#include "runtime/plugin/model.hpp"

#include <deque>

namespace peernet {

/// One inference instance: a queue and `models.size()` workers behind it.
/// Thread: `start`, `stop` by its owner; counters by any.
class inference_engine {
public:
  /// A worker's own model and decoders.
  struct worker {
    std::unique_ptr<model> what;
    decoder_set decoders;
    std::vector<std::uint16_t> values; ///< the run's numbers of the model's values
  };

  inference_engine(stage_identity who, std::vector<worker> workers,
                   std::shared_ptr<stage_queue> queue, const plan& whole, node_context context);
  ~inference_engine();

  /// Where outputs go; before `start`. The outlets outlive the engine's threads.
  void connect(std::vector<outlet*> outlets) { outlets_ = std::move(outlets); }

  void start();
  /// Takes nothing more. Does not wait.
  void request_stop();
  /// Works off nothing more; what still waits stays unfinished. Waits for the workers until
  /// `deadline` of the machine's clock. False: one did not come back from its model, which is
  /// reported; its sample stays unfinished, too, and the engine must not be destroyed before it
  /// comes. Idempotent.
  bool stop(stamp deadline = stamp::max());

  [[nodiscard]] std::uint64_t processed() const noexcept {
    return processed_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t consumed() const noexcept {
    return consumed_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t failed() const noexcept {
    return failed_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] const stage_identity& who() const noexcept { return who_; }
  [[nodiscard]] node_id node() const noexcept { return context_.node; }
  [[nodiscard]] const std::shared_ptr<stage_queue>& queue() const noexcept { return queue_; }

private:
  void run(std::uint16_t number, const std::stop_token& stop);
  /// False: nobody waits for this worker any more.
  bool handle(queued_sample& s, std::uint16_t number, worker& w, const model_traits& traits,
              std::vector<payload>& outputs, recorder& by);

  const stage_identity who_;
  std::vector<worker> workers_;
  const std::shared_ptr<stage_queue> queue_;
  const plan& plan_;
  const node_context context_;
  std::vector<outlet*> outlets_;
  std::atomic<std::uint64_t> processed_{0};
  std::atomic<std::uint64_t> consumed_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::deque<stage_thread> threads_; ///< by worker
};

} // namespace peernet

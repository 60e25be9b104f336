// SPDX-License-Identifier: MIT
// The measured path of one sink: takes samples from its queue, decodes, acts, and closes their
// traces.
#pragma once

#include "actors/engine/stage_queue.hpp"
#include "actors/engine/stage_thread.hpp"
#include "runtime/config/plan.hpp"
#include "runtime/plugin/codec.hpp"
#include "runtime/plugin/sink.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace peernet {

/// What the engines of a stage share.
struct stage_identity {
  std::string name;
  std::uint16_t copy = 0;
};

/// A plugin's message without the name of its stage in front, which it may know of; whoever passes
/// the message on says where it comes from.
[[nodiscard]] std::string without_name(std::string_view name, std::string message);

/// Decoders of one worker, by the stage's input number; null where the link is raw or local.
using decoder_set = std::vector<std::unique_ptr<codec>>;

enum class decoded : std::uint8_t {
  plain,
  corrupt,  ///< its end is recorded and it must not be used
  given_up, ///< the thread must end
};

/// Undoes the codec of the link the sample came by and records the step `decode`.
[[nodiscard]] decoded decode_arrived(queued_sample& s, decoder_set& decoders, const plan& whole,
                                     const node_context& context, outing& calls, recorder& by);

/// Tells the user of a stage whose thread is out in its plugin object, `waited` after it was asked
/// to end.
void report_missing(const stage_identity& who, const node_context& context, duration waited);

/// One sink copy. Thread: `start`, `stop` by its owner; counters by any.
class sink_engine {
public:
  sink_engine(stage_identity who, std::unique_ptr<sink> what, std::shared_ptr<stage_queue> queue,
              decoder_set decoders, const plan& whole, node_context context);
  ~sink_engine();

  void start();
  /// Takes nothing more. Does not wait.
  void request_stop();
  /// Works off nothing more; what still waits stays unfinished. Waits until `deadline` of the
  /// machine's clock. False: the sink did not come back, which is reported; its sample stays
  /// unfinished, too, and the engine must not be destroyed before it comes. Idempotent.
  bool stop(stamp deadline = stamp::max());

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
  void run(const std::stop_token& stop);

  const stage_identity who_;
  const std::unique_ptr<sink> sink_;
  const std::shared_ptr<stage_queue> queue_;
  decoder_set decoders_;
  const plan& plan_;
  const node_context context_;
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<std::uint64_t> failed_{0};
  stage_thread thread_;
};

} // namespace peernet

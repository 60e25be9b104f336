// SPDX-License-Identifier: MIT
#include "actors/engine/sink_engine.hpp"

#include "actors/engine/guarded.hpp"
#include "runtime/core/thread.hpp"

namespace peernet {

bool decode_arrived(queued_sample& s, decoder_set& decoders, const plan& whole,
                    const node_context& context, recorder& by) {
  auto* decoder = s.input < decoders.size() ? decoders[s.input].get() : nullptr;
  if (!decoder)
    return true;
  // The step belongs to the link, although the stage's thread does it.
  auto at_link = s.body.header;
  at_link.route -= 1;
  const auto lane = whole.routes[at_link.route].copy;
  const auto begin = context.clock->now();
  auto plain = guarded([&] { return decoder->decode(s.body.body); });
  const auto end = context.clock->now();
  if (!plain) {
    context.report(severity::error, "decoding failed",
                   "link " + whole.places[whole.routes[at_link.route].place].name + ": " +
                       plain.error().message);
    end_sample(by, *context.watcher, at_link, lane, outcome::corrupt, end);
    return false;
  }
  by.span(at_link, lane, step::decode, begin, end);
  s.body.body = std::move(*plain);
  return true;
}

sink_engine::sink_engine(stage_identity who, std::unique_ptr<sink> what,
                         std::shared_ptr<stage_queue> queue, decoder_set decoders,
                         const plan& whole, node_context context)
    : who_(std::move(who)),
      sink_(std::move(what)),
      queue_(std::move(queue)),
      decoders_(std::move(decoders)),
      plan_(whole),
      context_(context) {}

sink_engine::~sink_engine() {
  stop();
}

void sink_engine::start() {
  thread_ =
      start_thread("sink " + who_.name, [this](std::stop_token stop) { run(std::move(stop)); });
}

void sink_engine::stop() {
  thread_.request_stop();
  queue_->close();
  if (thread_.joinable())
    thread_.join();
}

void sink_engine::run(std::stop_token stop) {
  auto& by = context_.records->add(context_.node, context_.clock_number);
  while (auto next = queue_->take()) {
    if (stop.stop_requested())
      return;
    const auto& h = next->body.header;
    by.span(h, who_.copy, step::queue, next->since, context_.clock->now());
    if (decode_arrived(*next, decoders_, plan_, context_, by)) {
      const auto begin = context_.clock->now();
      const auto acted = guarded([&] { return sink_->act(next->body); });
      const auto end = context_.clock->now();
      if (!acted)
        context_.report(severity::error, "sink failed", who_.name + ": " + acted.error().message);
      by.span(h, who_.copy, step::act, begin, end);
      (acted ? delivered_ : failed_).fetch_add(1, std::memory_order_relaxed);
      end_sample(by, *context_.watcher, h, who_.copy, acted ? outcome::delivered : outcome::failed,
                 end);
    }
    queue_->done();
  }
}

} // namespace peernet

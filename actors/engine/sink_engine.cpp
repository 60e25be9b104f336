// SPDX-License-Identifier: MIT
#include "actors/engine/sink_engine.hpp"

#include "runtime/core/units.hpp"

namespace peernet {

std::string without_name(std::string_view name, std::string message) {
  const auto prefix = std::string(name) + ": ";
  if (message.starts_with(prefix))
    message.erase(0, prefix.size());
  return message;
}

decoded decode_arrived(queued_sample& s, decoder_set& decoders, const plan& whole,
                       const node_context& context, outing& calls, recorder& by) {
  auto* decoder = s.input < decoders.size() ? decoders[s.input].get() : nullptr;
  if (!decoder)
    return decoded::plain;
  // The step belongs to the link, although the stage's thread does it.
  auto at_link = s.body.header;
  at_link.route -= 1;
  const auto lane = whole.routes[at_link.route].copy;
  const auto begin = context.clock->now();
  auto called = calls.go([&] { return decoder->decode(s.body.body); });
  if (!called)
    return decoded::given_up;
  auto& plain = *called;
  const auto end = context.clock->now();
  if (!plain) {
    context.report(severity::error, "decoding failed",
                   "link " + whole.places[whole.routes[at_link.route].place].name + ": " +
                       plain.error().message);
    end_sample(by, *context.watcher, at_link, lane, outcome::corrupt, end);
    return decoded::corrupt;
  }
  by.span(at_link, lane, step::decode, begin, end);
  s.body.body = std::move(*plain);
  return decoded::plain;
}

void report_missing(const stage_identity& who, const node_context& context, duration waited) {
  context.report(severity::warning, "stage stuck",
                 who.name + " did not come back within " + show_duration(waited) +
                     "; its samples are unfinished");
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
  thread_.start("sink " + who_.name, [this](const std::stop_token& stop) { run(stop); });
}

void sink_engine::request_stop() {
  thread_.request_stop();
  queue_->close();
}

bool sink_engine::stop(stamp deadline) {
  const auto asked = clock::machine_now();
  request_stop();
  const auto ended = thread_.stop(deadline);
  if (!ended)
    report_missing(who_, context_, clock::machine_now() - asked);
  return ended;
}

void sink_engine::run(const std::stop_token& stop) {
  auto& by = context_.records->add(context_.node, context_.clock_number);
  while (auto next = queue_->take()) {
    if (stop.stop_requested())
      return;
    const auto& h = next->body.header;
    by.span(h, who_.copy, step::queue, next->since, context_.clock->now());
    const auto arrived = decode_arrived(*next, decoders_, plan_, context_, thread_.calls(), by);
    if (arrived == decoded::given_up)
      return;
    if (arrived == decoded::plain) {
      const auto begin = context_.clock->now();
      const auto called = thread_.calls().go([&] { return sink_->act(next->body); });
      if (!called)
        return;
      const auto& acted = *called;
      const auto end = context_.clock->now();
      if (!acted)
        context_.report(severity::error, "sink failed",
                        who_.name + ": " + without_name(who_.name, acted.error().message));
      by.span(h, who_.copy, step::act, begin, end);
      (acted ? delivered_ : failed_).fetch_add(1, std::memory_order_relaxed);
      end_sample(by, *context_.watcher, h, who_.copy, acted ? outcome::delivered : outcome::failed,
                 end);
    }
    queue_->done();
  }
}

} // namespace peernet

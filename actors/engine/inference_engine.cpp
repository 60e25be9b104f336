// SPDX-License-Identifier: MIT
#include "actors/engine/inference_engine.hpp"

namespace peernet {

namespace {

/// Keeps outputs until the model is done, so that sending is not timed as inferring.
class collecting_emitter final : public emitter {
public:
  collecting_emitter(std::vector<payload>& outputs, const std::vector<std::uint16_t>& values,
                     const sample_header& h, std::uint16_t copy, const peernet::clock& clock,
                     outing& calls, recorder& by)
      : outputs_(outputs),
        values_(values),
        header_(h),
        copy_(copy),
        clock_(clock),
        calls_(calls),
        by_(by) {}

  void emit(payload output) override { outputs_.push_back(std::move(output)); }

  void value(std::size_t index, double figure) override {
    if (index < values_.size())
      calls_.at_home([&] { by_.value(header_, copy_, values_[index], figure, clock_.now()); });
  }

private:
  std::vector<payload>& outputs_;
  const std::vector<std::uint16_t>& values_;
  const sample_header& header_;
  const std::uint16_t copy_;
  const peernet::clock& clock_;
  outing& calls_;
  recorder& by_;
};

} // namespace

inference_engine::inference_engine(stage_identity who, std::vector<worker> workers,
                                   std::shared_ptr<stage_queue> queue, const plan& whole,
                                   node_context context)
    : who_(std::move(who)),
      workers_(std::move(workers)),
      queue_(std::move(queue)),
      plan_(whole),
      context_(context) {}

inference_engine::~inference_engine() {
  stop();
}

void inference_engine::start() {
  for (std::uint16_t i = 0; i < workers_.size(); ++i)
    threads_.emplace_back(); // all, before the first of them looks for itself
  for (std::uint16_t i = 0; i < workers_.size(); ++i)
    threads_[i].start("infer " + who_.name,
                      [this, i](const std::stop_token& stop) { run(i, stop); });
}

void inference_engine::request_stop() {
  for (auto& t : threads_)
    t.request_stop();
  queue_->close();
}

bool inference_engine::stop(stamp deadline) {
  const auto asked = clock::machine_now();
  inference_engine::request_stop();
  bool all = true;
  for (auto& t : threads_)
    all = t.stop(deadline) && all;
  if (!all)
    report_missing(who_, context_, clock::machine_now() - asked);
  return all;
}

void inference_engine::run(std::uint16_t number, const std::stop_token& stop) {
  auto& by = context_.records->add(context_.node, context_.clock_number);
  auto& self = workers_[number];
  const auto traits = self.what->traits();
  std::vector<payload> outputs;
  outputs.reserve(traits.max_outputs + 1);
  while (auto next = queue_->take()) {
    if (stop.stop_requested())
      return;
    if (!handle(*next, number, self, traits, outputs, by))
      return;
    outputs.clear();
    queue_->done();
  }
}

bool inference_engine::handle(queued_sample& s, std::uint16_t number, worker& w,
                              const model_traits& traits, std::vector<payload>& outputs,
                              recorder& by) {
  auto& calls = threads_[number].calls();
  const auto& clock = *context_.clock;
  const auto& h = s.body.header;
  const auto copy = static_cast<std::uint16_t>(who_.copy + number);
  by.span(h, copy, step::queue, s.since, clock.now());
  const auto arrived = decode_arrived(s, w.decoders, plan_, context_, calls, by);
  if (arrived != decoded::plain)
    return arrived != decoded::given_up;

  collecting_emitter out(outputs, w.values, h, copy, clock, calls, by);
  auto& m = *w.what;
  auto ended = clock.now();
  // Each step begins where the one before ended, so that nothing falls between them.
  bool given_up = false;
  const auto timed = [&](step what, auto&& body) -> result<void> {
    const auto begin = ended;
    auto done = calls.go(body);
    given_up = !done;
    if (given_up)
      return error{errc::closed, "given up"};
    ended = clock.now();
    by.span(h, copy, what, begin, ended);
    return std::move(*done);
  };
  result<void> done;
  if (traits.preprocess)
    done = timed(step::preprocess, [&] { return m.preprocess(s.body.body); });
  if (done)
    done = timed(step::infer, [&] { return m.infer(s.body.body, out); });
  if (done && traits.postprocess)
    done = timed(step::postprocess, [&] { return m.postprocess(s.body.body, out); });
  if (given_up)
    return false;
  if (done && outputs.size() > traits.max_outputs)
    done = error{errc::internal, "the model emitted more outputs than it declared (" +
                                     std::to_string(traits.max_outputs) + ")"};
  processed_.fetch_add(1, std::memory_order_relaxed);
  if (!done) {
    failed_.fetch_add(1, std::memory_order_relaxed);
    context_.report(severity::error, "inference failed",
                    who_.name + ": " + without_name(who_.name, done.error().message));
    end_sample(by, *context_.watcher, h, copy, outcome::failed, ended);
    return true;
  }
  if (outputs.empty()) {
    consumed_.fetch_add(1, std::memory_order_relaxed);
    end_sample(by, *context_.watcher, h, copy, outcome::consumed, ended);
    return true;
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    sample output{.header = h, .body = std::move(outputs[i])};
    output.header.output = h.output * traits.max_outputs + static_cast<std::uint32_t>(i);
    for (auto* o : outlets_)
      o->send(output, number, by);
  }
  return true;
}

} // namespace peernet

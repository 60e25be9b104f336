// SPDX-License-Identifier: MIT
// The model "dummy": stands for a model of known cost. It sleeps to an absolute time, or, with
// `busy`, keeps its core busy for as long; a step before or after infer exists only if it was given
// a time.
#include "actors/models/builtin.hpp"
#include "runtime/core/clock.hpp"

#include <cstring>

namespace peernet {

namespace {

struct dummy_config {
  duration preprocess, infer, postprocess;
  bool busy = false;
  std::size_t output = 0; ///< bytes
};

class dummy final : public model {
public:
  /// The answer is made once: it never changes, so every sample shares it.
  explicit dummy(const dummy_config& config) : config_(config) {
    auto zeros = buffer::acquire(config.output);
    std::memset(zeros.data(), 0, zeros.size());
    answer_ = payload(format{}, std::move(zeros));
  }

  model_traits traits() const override {
    return {.preprocess = config_.preprocess > duration::zero(),
            .postprocess = config_.postprocess > duration::zero()};
  }

  result<void> preprocess(const payload&) override {
    pass(config_.preprocess);
    return {};
  }

  result<void> infer(const payload&, emitter& out) override {
    pass(config_.infer);
    if (config_.postprocess == duration::zero())
      out.emit(answer_);
    return {};
  }

  result<void> postprocess(const payload&, emitter& out) override {
    pass(config_.postprocess);
    out.emit(answer_);
    return {};
  }

private:
  void pass(duration time) const noexcept {
    if (time <= duration::zero())
      return;
    const auto end = clock::machine_now() + time;
    if (!config_.busy)
      return clock{}.sleep_until(end);
    while (clock::machine_now() < end) {
    }
  }

  const dummy_config config_;
  payload answer_;
};

} // namespace

result<std::unique_ptr<model>> make_dummy_model(const options& settings,
                                                const environment& /*where*/) {
  return std::unique_ptr<model>(std::make_unique<dummy>(
      dummy_config{.preprocess = settings.get<duration>("preprocess"),
                   .infer = settings.get<duration>("infer"),
                   .postprocess = settings.get<duration>("postprocess"),
                   .busy = settings.get<bool>("busy"),
                   .output = static_cast<std::size_t>(settings.get<std::int64_t>("output"))}));
}

} // namespace peernet

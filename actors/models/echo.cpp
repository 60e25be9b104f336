// SPDX-License-Identifier: MIT
// The model "echo": the cheapest answer there is, for measuring everything around a model.
#include "actors/models/builtin.hpp"

namespace peernet {

namespace {

class echo final : public model {
public:
  model_traits traits() const override { return {}; }
  result<void> infer(const payload& input, emitter& out) override {
    out.emit(input);
    return {};
  }
};

} // namespace

result<std::unique_ptr<model>> make_echo_model(const options& /*settings*/,
                                               const environment& /*where*/) {
  return std::unique_ptr<model>(std::make_unique<echo>());
}

} // namespace peernet

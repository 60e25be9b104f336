// SPDX-License-Identifier: MIT
// Runs one sample through a model as an inference worker does.
#pragma once

#include "runtime/plugin/model.hpp"

#include <map>
#include <vector>

namespace peernet {

struct model_run {
  std::vector<payload> outputs;
  std::map<std::size_t, double> values;
  result<void> status;
};

inline model_run run_model(model& m, const payload& input) {
  struct collector final : emitter {
    model_run run;
    void emit(payload output) override { run.outputs.push_back(std::move(output)); }
    void value(std::size_t index, double figure) override { run.values[index] = figure; }
  } out;
  const auto traits = m.traits();
  if (traits.preprocess)
    out.run.status = m.preprocess(input);
  if (out.run.status.ok())
    out.run.status = m.infer(input, out);
  if (out.run.status.ok() && traits.postprocess)
    out.run.status = m.postprocess(input, out);
  return std::move(out.run);
}

} // namespace peernet

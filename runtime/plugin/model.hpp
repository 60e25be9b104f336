// SPDX-License-Identifier: MIT
// A model is anything that infers: optional preprocess, infer, optional postprocess.
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/core/payload.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace peernet {

/// Takes what a model puts out while it handles one sample. Valid during the call it is given to.
class emitter {
public:
  /// Sends `output` on every link out of the stage. None: the sample is `consumed`. At most
  /// `model_traits::max_outputs` for one input; one more makes the sample `failed`.
  virtual void emit(payload output) = 0;

  /// Records a figure that belongs to this sample; `index` into `model_traits::values`.
  virtual void value(std::size_t index, double figure) = 0;

protected:
  ~emitter() = default;
};

/// What the runtime must know about a model before the first sample.
struct model_traits {
  bool preprocess = false;         ///< has a step of its own before infer
  bool postprocess = false;        ///< has a step of its own after infer
  std::uint32_t max_outputs = 1;   ///< for one input
  std::vector<std::string> values; ///< names of the figures it reports
};

/// Handles one sample at a time: preprocess, infer, postprocess, in this order, each timed by
/// itself. What passes between them stays inside the model. Made on the node's control thread, used
/// by one worker thread; `count = N` makes N models. An error, or an exception, makes the sample
/// `failed`; the model is used again for the next.
class model {
public:
  virtual ~model() = default;

  [[nodiscard]] virtual model_traits traits() const = 0;

  /// Brings the input into the shape that `infer` needs.
  virtual result<void> preprocess(const payload& /*input*/) { return {}; }

  /// The computation, and nothing else. It has ended when this returns: an accelerator must be
  /// waited for.
  virtual result<void> infer(const payload& input, emitter& out) = 0;

  /// Brings the result into the shape that travels.
  virtual result<void> postprocess(const payload& /*input*/, emitter& /*out*/) { return {}; }
};

} // namespace peernet

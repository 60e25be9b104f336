// SPDX-License-Identifier: MIT
// The models that need no library and are part of every program: dummy and echo. Those that need
// OpenCV or LibTorch are plugins in the same folder (detect, torch).
#pragma once

#include "runtime/plugin/registrar.hpp"

namespace peernet {

void register_builtin_models(registrar& into);

/// "dummy": takes the given time, then puts out `output` zero bytes.
[[nodiscard]] result<std::unique_ptr<model>> make_dummy_model(const options& settings,
                                                              const environment& where);

/// "echo": puts out what came in, sharing its memory.
[[nodiscard]] result<std::unique_ptr<model>> make_echo_model(const options& settings,
                                                             const environment& where);

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "actors/models/builtin.hpp"

namespace peernet {

void register_builtin_models(registrar& into) {
  into.add_model("dummy", make_dummy_model);
  into.add_model("echo", make_echo_model);
}

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "actors/sinks/builtin.hpp"

namespace peernet {

namespace {

class discard final : public sink {
public:
  result<void> act(const sample&) override { return {}; }
};

} // namespace

result<std::unique_ptr<sink>> make_discard_sink(const options& /*settings*/,
                                                const environment& /*where*/) {
  return std::unique_ptr<sink>(std::make_unique<discard>());
}

void register_builtin_sinks(registrar& into) {
  into.add_sink("discard", make_discard_sink);
  into.add_sink("print", make_print_sink);
}

} // namespace peernet

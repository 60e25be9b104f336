// SPDX-License-Identifier: MIT
// Small plugins for the loader's tests, told apart by what they are compiled with: one that is as
// it should be, and one for each thing that can be wrong.
#include "runtime/plugin/registrar.hpp"

#include <stdexcept>

#if defined(STUB_WITHOUT_ENTRY)
extern "C" int not_a_plugin() {
  return 0;
}
#elif defined(STUB_UNRESOLVED)
extern "C" int nobody_has_this_function();
PEERNET_PLUGIN(into) {
  into.add_sink("unresolved-" + std::to_string(nobody_has_this_function()), nullptr);
}
#else

#ifdef STUB_WRONG_ABI
#undef PEERNET_PLUGIN_ABI
#define PEERNET_PLUGIN_ABI "peernet-plugin-0 built-long-ago"
#endif

namespace {

class stub_sensor final : public peernet::sensor {
public:
  peernet::result<std::optional<peernet::payload>> sample() override {
    return std::optional{peernet::payload::copy_of("from the stub")};
  }
};

} // namespace

PEERNET_PLUGIN(into) {
#ifdef STUB_THROWS
  throw std::runtime_error("no licence");
#endif
  into.add_sensor("stub", [](const peernet::options&, const peernet::environment&) {
    return peernet::result<std::unique_ptr<peernet::sensor>>(std::make_unique<stub_sensor>());
  });
}
#endif

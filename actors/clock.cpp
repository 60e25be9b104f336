// SPDX-License-Identifier: MIT
#include "actors/clock.hpp"

#include <tuple>

namespace peernet::actors {

clock_actor::behavior_type clock(clock_actor::stateful_pointer<clock_state>, clock_config config) {
  return {
      [source = config.source](probe_atom, std::int64_t t1) {
        const auto t2 = to_ns(source.now());
        return std::make_tuple(t1, t2, to_ns(source.now()));
      },
  };
}

} // namespace peernet::actors

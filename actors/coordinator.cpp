// SPDX-License-Identifier: MIT
#include "actors/coordinator.hpp"

#include "actors/run_driver.hpp"

namespace peernet::actors {

coordinator_actor::behavior_type
coordinator(coordinator_actor::stateful_pointer<coordinator_state> self,
            coordinator_config config) {
  self->state.driver = std::make_shared<run_driver>(self, std::move(config));
  self->set_down_handler([=](const caf::down_msg& d) { self->state.driver->down(d); });
  return {
      [=](start_atom, run_purpose purpose) { return self->state.driver->start(purpose); },
      [=](signal_atom) { self->state.driver->interrupt(); },
      [=](tick_atom) { self->state.driver->tick(); },
      [=](probe_atom) { self->state.driver->burst_over(); },
      [=](wake_atom) { self->state.driver->wake(); },
  };
}

} // namespace peernet::actors

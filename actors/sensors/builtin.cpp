// SPDX-License-Identifier: MIT
#include "actors/sensors/builtin.hpp"

namespace peernet {

void register_builtin_sensors(registrar& into) {
  into.add_sensor("bytes", make_bytes_sensor);
  into.add_sensor("text", make_text_sensor);
  into.add_sensor("synthetic-image", make_synthetic_image_sensor);
}

} // namespace peernet

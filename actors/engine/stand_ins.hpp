// SPDX-License-Identifier: MIT
// What takes the place of a sensor, model or sink that could not be made, so that a rehearsal can
// look at the links around it. Nothing ever flows through them.
#pragma once

#include "runtime/plugin/model.hpp"
#include "runtime/plugin/sensor.hpp"
#include "runtime/plugin/sink.hpp"

namespace peernet {

class sensor_stand_in final : public sensor {
public:
  result<std::optional<payload>> sample() override { return std::optional<payload>{}; }
};

class model_stand_in final : public model {
public:
  [[nodiscard]] model_traits traits() const override { return {}; }
  result<void> infer(const payload&, emitter&) override { return {}; }
};

class sink_stand_in final : public sink {
public:
  result<void> act(const sample&) override { return {}; }
};

} // namespace peernet

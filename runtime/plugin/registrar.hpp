// SPDX-License-Identifier: MIT
// How a plugin makes its types known, in the program itself or in a shared library.
#pragma once

#include "runtime/config/options.hpp"
#include "runtime/core/error.hpp"
#include "runtime/plugin/channel.hpp"
#include "runtime/plugin/codec.hpp"
#include "runtime/plugin/environment.hpp"
#include "runtime/plugin/model.hpp"
#include "runtime/plugin/sensor.hpp"
#include "runtime/plugin/sink.hpp"

#include <functional>
#include <memory>
#include <string>

namespace peernet {

/// Makes an object of a plugin type, or says why it cannot (file not found, model not loadable).
template <class Kind>
using plugin_factory =
    std::function<result<std::unique_ptr<Kind>>(const options& settings, const environment& where)>;

/// Takes the types of one plugin. Pure virtual, so that a shared library needs no symbol of the
/// program.
class registrar {
public:
  virtual void add_sensor(std::string type, plugin_factory<sensor> make) = 0;
  virtual void add_model(std::string type, plugin_factory<model> make) = 0;
  virtual void add_sink(std::string type, plugin_factory<sink> make) = 0;
  virtual void add_codec(std::string type, plugin_factory<codec> make) = 0;
  virtual void add_channel(std::string type, std::unique_ptr<channel_kind> kind) = 0;

protected:
  ~registrar() = default;
};

#define PEERNET_STRINGIFY_(x) #x
#define PEERNET_STRINGIFY(x) PEERNET_STRINGIFY_(x)

/// What must be equal on both sides before any C++ object crosses a shared library's border. The
/// number behind "peernet-plugin" is bumped whenever a plugin built against an older header would
/// misbehave.
#define PEERNET_PLUGIN_ABI "peernet-plugin-1 gcc-abi-" PEERNET_STRINGIFY(__GXX_ABI_VERSION)
/// Declares a shared library as a plugin: PEERNET_PLUGIN(r) { r.add_sensor("my-lidar", …); }
/// The loader compares the ABI text before it calls the function.
#define PEERNET_PLUGIN(parameter)                                                                  \
  extern "C" __attribute__((visibility("default"))) const char* peernet_plugin_abi() {             \
    return PEERNET_PLUGIN_ABI;                                                                     \
  }                                                                                                \
  extern "C" __attribute__((visibility("default"))) void peernet_plugin_register(                  \
      peernet::registrar& parameter)

} // namespace peernet

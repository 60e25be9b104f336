// SPDX-License-Identifier: MIT
// Every type of sensor, model, sink, codec and channel this process knows, by the name a scenario
// uses: those built into the program, which registers them at its start, and those of the modules
// it was told to load. Knows nothing of which type lives in which module; the catalogue does.
#pragma once

#include "runtime/config/catalogue.hpp"
#include "runtime/plugin/loader.hpp"
#include "runtime/plugin/registrar.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace peernet {

/// The types of one process. Thread: adding and `ensure_module` by the control thread, before any
/// other thread uses the registry; from then on `make_…` and `find_channel` by any thread.
class registry final : public registrar {
public:
  /// Modules are looked for in `folders`, in this order.
  explicit registry(std::vector<std::filesystem::path> folders = plugin_folders());
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;
  ~registry();

  /// A type that is already known stays what it was; `status` tells of the second.
  void add_sensor(std::string type, plugin_factory<sensor> make) override;
  void add_model(std::string type, plugin_factory<model> make) override;
  void add_sink(std::string type, plugin_factory<sink> make) override;
  void add_codec(std::string type, plugin_factory<codec> make) override;
  void add_channel(std::string type, std::unique_ptr<channel_kind> kind) override;

  /// The first thing that went wrong while types were added (a type added twice, a factory that is
  /// empty); ask once the built-in types are in.
  [[nodiscard]] result<void> status() const;

  /// Loads peernet-<module>.so and takes its types, once; later calls repeat the first answer. An
  /// empty name stands for the program itself and needs nothing.
  /// Errors: errc::not_found, unreadable, refused (another ABI), unsupported (not a plugin),
  /// bad_scenario (a name that cannot be a module's).
  [[nodiscard]] result<void> ensure_module(std::string_view module);

  /// Whether such a type was registered, by the program or by a module that is loaded.
  [[nodiscard]] bool knows(plugin_kind kind, std::string_view type) const;

  /// A new object of a type. errc::not_found for an unknown type, with the nearest known one;
  /// otherwise what the factory says. Whatever the factory throws becomes errc::internal.
  [[nodiscard]] result<std::unique_ptr<sensor>>
  make_sensor(std::string_view type, const options& settings, const environment& where) const;
  [[nodiscard]] result<std::unique_ptr<model>>
  make_model(std::string_view type, const options& settings, const environment& where) const;
  [[nodiscard]] result<std::unique_ptr<sink>>
  make_sink(std::string_view type, const options& settings, const environment& where) const;
  [[nodiscard]] result<std::unique_ptr<codec>>
  make_codec(std::string_view type, const options& settings, const environment& where) const;

  /// The transport of this name; lives as long as the registry.
  [[nodiscard]] result<channel_kind*> find_channel(std::string_view type) const;

private:
  template <class Entry>
  using table = std::map<std::string, Entry, std::less<>>;

  template <class Entry>
  void add(table<Entry>& types, const char* what, std::string type, Entry entry);

  std::vector<std::filesystem::path> folders_;
  table<plugin_factory<sensor>> sensors_;
  table<plugin_factory<model>> models_;
  table<plugin_factory<sink>> sinks_;
  table<plugin_factory<codec>> codecs_;
  table<std::unique_ptr<channel_kind>> channels_;
  table<result<void>> modules_;
  result<void> status_;
};

} // namespace peernet

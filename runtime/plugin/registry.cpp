// SPDX-License-Identifier: MIT
#include "runtime/plugin/registry.hpp"

#include "runtime/core/nearest.hpp"

#include <exception>
#include <utility>

namespace peernet {

namespace {

template <class Table>
error unknown_type(const Table& types, const char* what, std::string_view type) {
  std::vector<std::string> names;
  for (const auto& [name, entry] : types)
    names.push_back(name);
  std::string message = std::string("unknown ") + what + " type '" + std::string(type) + "'; ";
  if (const auto near = nearest_name(type, names); !near.empty()) {
    message += "did you mean '" + near + "'?";
  } else if (names.empty()) {
    message += "none is registered";
  } else {
    message += "known are";
    for (const auto& name : names)
      message += (name == names.front() ? " " : ", ") + name;
  }
  return {errc::not_found, message};
}

/// The line between PeerNet, which does not throw, and factories, which may.
template <class Kind, class Table>
result<std::unique_ptr<Kind>> make(const Table& types, const char* what, std::string_view type,
                                   const options& settings, const environment& where) {
  const auto found = types.find(type);
  if (found == types.end())
    return unknown_type(types, what, type);
  const auto broken = [&](const std::string& how) {
    return error{errc::internal, where.stage + ": making " + what + " '" + found->first +
                                     "' failed: " + how + "; this is a defect of that type"};
  };
  try {
    auto made = found->second(settings, where);
    if (made.ok() && made.value() == nullptr)
      return broken("it gave no object");
    return made;
  } catch (const std::exception& e) {
    return broken(e.what());
  } catch (...) {
    return broken("an exception of unknown kind");
  }
}

} // namespace

registry::registry(std::vector<std::filesystem::path> folders) : folders_(std::move(folders)) {}
registry::~registry() = default;

template <class Entry>
void registry::add(table<Entry>& types, const char* what, std::string type, Entry entry) {
  std::string complaint;
  if (entry == nullptr)
    complaint = "was registered without a way to make it";
  else if (!types.try_emplace(type, std::move(entry)).second)
    complaint = "is registered twice; rename one, or do not load both plugins";
  if (!complaint.empty() && status_.ok())
    status_ = error{errc::refused, std::string(what) + " type '" + type + "' " + complaint};
}

void registry::add_sensor(std::string type, plugin_factory<sensor> make) {
  add(sensors_, "sensor", std::move(type), std::move(make));
}
void registry::add_model(std::string type, plugin_factory<model> make) {
  add(models_, "model", std::move(type), std::move(make));
}
void registry::add_sink(std::string type, plugin_factory<sink> make) {
  add(sinks_, "sink", std::move(type), std::move(make));
}
void registry::add_codec(std::string type, plugin_factory<codec> make) {
  add(codecs_, "codec", std::move(type), std::move(make));
}
void registry::add_channel(std::string type, std::unique_ptr<channel_kind> kind) {
  add(channels_, "transport", std::move(type), std::move(kind));
}

result<void> registry::status() const {
  return status_;
}

result<void> registry::ensure_module(std::string_view module) {
  if (module.empty())
    return {};
  if (const auto known = modules_.find(module); known != modules_.end())
    return known->second;
  const bool sound_before = status_.ok();
  auto loaded = load_plugin(module, folders_, *this);
  if (loaded.ok() && sound_before && !status_.ok())
    loaded = error{status_.error().code,
                   "plugin '" + std::string(module) + "': " + status_.error().message};
  return modules_.emplace(module, std::move(loaded)).first->second;
}

bool registry::knows(plugin_kind kind, std::string_view type) const {
  switch (kind) {
  case plugin_kind::sensor:
    return sensors_.contains(type);
  case plugin_kind::model:
    return models_.contains(type);
  case plugin_kind::sink:
    return sinks_.contains(type);
  case plugin_kind::codec:
    return codecs_.contains(type);
  case plugin_kind::transport:
    break;
  }
  return channels_.contains(type);
}

result<std::unique_ptr<sensor>> registry::make_sensor(std::string_view type,
                                                      const options& settings,
                                                      const environment& where) const {
  return make<sensor>(sensors_, "sensor", type, settings, where);
}
result<std::unique_ptr<model>> registry::make_model(std::string_view type, const options& settings,
                                                    const environment& where) const {
  return make<model>(models_, "model", type, settings, where);
}
result<std::unique_ptr<sink>> registry::make_sink(std::string_view type, const options& settings,
                                                  const environment& where) const {
  return make<sink>(sinks_, "sink", type, settings, where);
}
result<std::unique_ptr<codec>> registry::make_codec(std::string_view type, const options& settings,
                                                    const environment& where) const {
  return make<codec>(codecs_, "codec", type, settings, where);
}

result<channel_kind*> registry::find_channel(std::string_view type) const {
  const auto found = channels_.find(type);
  if (found == channels_.end())
    return unknown_type(channels_, "transport", type);
  return found->second.get();
}

} // namespace peernet

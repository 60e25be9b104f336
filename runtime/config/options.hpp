// SPDX-License-Identifier: MIT
// The keys that belong to one type of sensor, model, sink or codec ("scale", "quality", "path"),
// checked and brought to plain values by the catalogue before anything starts. A plugin reads its
// own from here.
#pragma once

#include "runtime/core/time.hpp"

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace peernet {

/// A smallest and largest number, both included; equal for a fixed one.
struct int_range {
  std::int64_t min = 0;
  std::int64_t max = 0;
  bool operator==(const int_range&) const = default;
};

/// A plain value: quantities are in ns, Hz, bytes, bits per second or shares (0…1).
using option_value = std::variant<bool, std::int64_t, double, std::string, duration, int_range,
                                  std::vector<double>, std::vector<std::string>>;

/// The checked options of one plugin object. Every option the catalogue knows has a value: what the
/// user wrote, or the catalogue's default; an option without either is absent.
class options {
public:
  void set(std::string name, option_value value) { values_[std::move(name)] = std::move(value); }

  [[nodiscard]] bool has(std::string_view name) const {
    return values_.find(name) != values_.end();
  }

  /// The value of an option that the catalogue declares with this type, and that is required or has
  /// a default. Asking for another is a defect of who asks, and thrown as std::logic_error: it ends
  /// the making of an object of a plugin from elsewhere, not the process.
  template <class T>
  [[nodiscard]] const T& get(std::string_view name) const {
    if (const auto* value = find<T>(name))
      return *value;
    throw std::logic_error("it reads its key \"" + std::string(name) + "\", which " +
                           (has(name) ? "is declared as another kind"
                                      : "is not declared, or neither written nor given a default"));
  }

  /// Null if the option is absent, or of another type.
  template <class T>
  [[nodiscard]] const T* find(std::string_view name) const {
    const auto it = values_.find(name);
    return it == values_.end() ? nullptr : std::get_if<T>(&it->second);
  }

  template <class T>
  [[nodiscard]] T get_or(std::string_view name, T otherwise) const {
    return has(name) ? get<T>(name) : otherwise;
  }

  [[nodiscard]] const auto& all() const noexcept { return values_; }
  bool operator==(const options&) const = default;

private:
  std::map<std::string, option_value, std::less<>> values_;
};

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "runtime/plugin/known_types.hpp"

#include "runtime/config/declared_types.hpp"
#include "runtime/plugin/loader.hpp"

namespace peernet {

namespace {

struct declared {
  catalogue types = catalogue::builtin();
  std::vector<diagnostic> wrong = declare_types(plugin_folders(), types);
};

const declared& all() {
  static const declared once;
  return once;
}

} // namespace

const catalogue& known_types() {
  return all().types;
}

const std::vector<diagnostic>& mistakes_of_known_types() {
  return all().wrong;
}

} // namespace peernet

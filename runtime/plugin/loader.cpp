// SPDX-License-Identifier: MIT
#include "runtime/plugin/loader.hpp"

#include "runtime/core/buffer.hpp"

#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>
#include <exception>
#include <optional>
#include <string>
#include <system_error>

namespace peernet {

namespace fs = std::filesystem;

namespace {

using abi_function = const char*();
using register_function = void(registrar&);

/// The library that a function of peernet::core lives in.
std::optional<fs::path> core_library() {
  Dl_info where{};
  if (::dladdr(reinterpret_cast<const void*>(&buffer::acquire), &where) == 0 || !where.dli_fname)
    return std::nullopt;
  std::error_code failed;
  auto file = fs::canonical(where.dli_fname, failed);
  if (failed)
    return std::nullopt;
  return file;
}

/// Names become part of a path: nothing that could leave the folder.
bool is_module_name(std::string_view name) {
  return !name.empty() && name[0] >= 'a' && name[0] <= 'z' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

std::string last_dl_error() {
  const char* text = ::dlerror();
  return text ? text : "no reason given";
}

template <class Function>
Function* find_function(void* library, const char* name) {
  return reinterpret_cast<Function*>(::dlsym(library, name));
}

/// The file in the first folder that has it, or where it was looked for.
result<fs::path> find_file(std::string_view module, std::span<const fs::path> folders) {
  const auto name = "peernet-" + std::string(module) + ".so";
  std::string tried;
  for (const auto& folder : folders) {
    std::error_code ignored;
    if (auto file = folder / name; fs::exists(file, ignored))
      return file;
    tried += (tried.empty() ? "" : ", ") + folder.string();
  }
  return error{errc::not_found, "plugin '" + std::string(module) + "': no " + name + " in " +
                                    (tried.empty() ? "any folder" : tried) +
                                    "; build or install it, or add its folder to "
                                    "PEERNET_PLUGIN_PATH"};
}

} // namespace

std::vector<fs::path> plugin_folders() {
  const char* listed = std::getenv("PEERNET_PLUGIN_PATH");
  return plugin_folders(listed ? listed : "");
}

std::vector<fs::path> plugin_folders(std::string_view listed) {
  std::vector<fs::path> folders;
  for (auto rest = listed; !rest.empty();) {
    const auto colon = std::min(rest.find(':'), rest.size());
    if (colon > 0)
      folders.emplace_back(rest.substr(0, colon));
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  if (const auto core = core_library())
    folders.push_back(core->parent_path() / "peernet");
  return folders;
}

result<void> load_plugin(std::string_view module, std::span<const fs::path> folders,
                         registrar& into) {
  if (!is_module_name(module))
    return error{errc::bad_scenario, "'" + std::string(module) +
                                         "' cannot be a plugin's name; it must match "
                                         "[a-z][a-z0-9-]*"};
  const auto found = find_file(module, folders);
  if (!found.ok())
    return found.error();
  const auto file = found->string();
  const auto plugin = "plugin '" + std::string(module) + "': " + file + " ";

  // Now, not lazily: a missing symbol is found before the run, not in its middle. Local: two
  // plugins may bring different versions of one library.
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return error{errc::unreadable, plugin + "cannot be loaded: " + last_dl_error() +
                                       "; install what it needs, or build it again"};

  auto* const abi = find_function<abi_function>(library, "peernet_plugin_abi");
  auto* const enter = find_function<register_function>(library, "peernet_plugin_register");
  if (!abi || !enter)
    return error{errc::unsupported, plugin + "is no PeerNet plugin: it has no function " +
                                        (abi ? "peernet_plugin_register" : "peernet_plugin_abi") +
                                        "; declare it with PEERNET_PLUGIN (registrar.hpp)"};
  const char* const built_for = abi();
  if (!built_for || std::string_view(built_for) != PEERNET_PLUGIN_ABI)
    return error{errc::refused, plugin + "was built for '" + (built_for ? built_for : "") +
                                    "', this program needs '" PEERNET_PLUGIN_ABI
                                    "'; build it again with this PeerNet's headers and compiler"};
  try {
    enter(into);
  } catch (const std::exception& e) {
    return error{errc::internal, plugin + "failed to register its types: " + e.what() +
                                     "; this is a defect of the plugin"};
  } catch (...) {
    return error{errc::internal, plugin + "failed to register its types with an exception of "
                                          "unknown kind; this is a defect of the plugin"};
  }
  return {};
}

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "actors/run_folders.hpp"

#include "runtime/core/clock.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace peernet {

namespace fs = std::filesystem;

result<private_folder> private_folder::make() {
  std::string pattern = (fs::temp_directory_path() / "peernet-XXXXXX").string();
  if (!::mkdtemp(pattern.data()))
    return error{errc::io,
                 "cannot make a folder for sockets in " + fs::temp_directory_path().string()};
  return private_folder(std::move(pattern));
}

private_folder::private_folder(private_folder&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

void private_folder::remove() const noexcept {
  std::error_code ignored;
  if (!path_.empty())
    fs::remove_all(path_, ignored);
}

result<std::string> make_results_folder(const std::string& output, const std::string& name) {
  if (output.empty())
    return error{errc::bad_scenario, "--output: the folder for results has no name"};
  std::error_code failed;
  fs::create_directories(output, failed);
  if (failed)
    return error{errc::io, "--output: cannot make the folder " + output +
                               " for results: " + failed.message()};
  const auto base = fs::path(output) / (name + "-" + utc_compact(wall_clock_ns()));
  for (int i = 0; i < 1000; ++i) {
    const auto folder = i == 0 ? base.string() : base.string() + "-" + std::to_string(i + 1);
    if (fs::create_directory(folder, failed))
      return folder;
    if (failed)
      return error{errc::io,
                   "--output: cannot make the folder " + folder + ": " + failed.message()};
  }
  return error{errc::io, "no free name for a results folder like " + base.string()};
}

} // namespace peernet

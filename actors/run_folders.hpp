// SPDX-License-Identifier: MIT
// The two folders a run makes: one for its results, one for sockets that goes with it.
#pragma once

#include "runtime/core/error.hpp"

#include <string>

namespace peernet {

/// A folder only we can enter, for sockets that are reached by a path; gone with the object.
class private_folder {
public:
  /// Below the system's folder for temporary files. errc::io.
  [[nodiscard]] static result<private_folder> make();
  /// No folder at all: `path` is empty.
  [[nodiscard]] static private_folder none() { return private_folder({}); }

  private_folder(private_folder&& other) noexcept;
  private_folder& operator=(private_folder&&) = delete;
  ~private_folder() { remove(); }

  /// Before its time: a process that ends without destructors.
  void remove() const noexcept;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
  explicit private_folder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// Makes "<output>/<name>-<UTC time>", with a number behind it if that exists already. Errors name
/// --output.
[[nodiscard]] result<std::string> make_results_folder(const std::string& output,
                                                      const std::string& name);

} // namespace peernet

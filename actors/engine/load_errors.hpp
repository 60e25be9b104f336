// SPDX-License-Identifier: MIT
// What could not be loaded, all of it at once: the user mends a scenario in one go.
#pragma once

#include "runtime/core/error.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace peernet {

/// A key of the scenario that cannot be had as it says.
struct fault {
  std::string key; ///< "inference.detector.path"; empty: of no key
  error why;       ///< says nothing of the key
};

/// For the user, who looks for the key.
[[nodiscard]] inline error with_key(const fault& f) {
  return f.key.empty() ? f.why : error{f.why.code, f.key + ": " + f.why.message};
}

/// Copies of a stage fail alike: what was said once is not said again.
class load_errors {
public:
  void add(fault f) {
    const auto same = [&](const fault& known) {
      return known.key == f.key && known.why.message == f.why.message;
    };
    if (std::ranges::none_of(all_, same))
      all_.push_back(std::move(f));
  }

  [[nodiscard]] bool none() const noexcept { return all_.empty(); }
  [[nodiscard]] const std::vector<fault>& all() const noexcept { return all_; }

  /// All in one, a line each; of a kind that is the scenario's fault if one of them is. Only if
  /// there is one.
  [[nodiscard]] error joined() const {
    const auto ours = [](const fault& f) {
      return f.why.code == errc::internal || f.why.code == errc::io;
    };
    const auto theirs = std::ranges::find_if_not(all_, ours);
    error whole{(theirs == all_.end() ? all_.front() : *theirs).why.code, ""};
    for (const auto& f : all_)
      whole.message += (whole.message.empty() ? "" : "\n") + with_key(f).message;
    return whole;
  }

private:
  std::vector<fault> all_;
};

} // namespace peernet

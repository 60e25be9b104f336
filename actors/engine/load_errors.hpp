// SPDX-License-Identifier: MIT
// What could not be loaded, all of it at once: the user mends a scenario in one go.
#pragma once

#include "runtime/core/error.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace peernet {

/// Errors whose messages begin with a key ("inference.detector.path: …"). Copies of a stage fail
/// alike: what was said once is not said again.
class load_errors {
public:
  void add(error e) {
    const auto same = [&](const error& known) { return known.message == e.message; };
    if (std::ranges::none_of(all_, same))
      all_.push_back(std::move(e));
  }

  [[nodiscard]] bool none() const noexcept { return all_.empty(); }

  /// All in one, a line each; of a kind that is the scenario's fault if one of them is. Only if
  /// there is one.
  [[nodiscard]] error joined() const {
    const auto ours = [](const error& e) { return e.code == errc::internal || e.code == errc::io; };
    const auto theirs = std::ranges::find_if_not(all_, ours);
    error whole{theirs == all_.end() ? all_.front().code : theirs->code, ""};
    for (const auto& e : all_)
      whole.message += (whole.message.empty() ? "" : "\n") + e.message;
    return whole;
  }

private:
  std::vector<error> all_;
};

} // namespace peernet

// SPDX-License-Identifier: MIT
// How the run driver asks all nodes: shared by its source files, included by nothing else.
#pragma once

#include "actors/run_driver.hpp"

#include <set>
#include <utility>

namespace peernet::actors {

inline constexpr duration step_patience =
    std::chrono::seconds{10}; ///< for one step of a deployment
/// How long after the first node that cannot do its part the others may take.
inline constexpr duration further_errors = std::chrono::seconds{5};
inline constexpr duration report_patience =
    std::chrono::seconds{3}; ///< a node silent for so long is lost

template <class... Reply, class Ask, class OnReply>
void run_driver::ask_all(std::string step, Ask ask, OnReply on_reply, std::function<void()> next) {
  const auto asked = await(std::move(step), std::move(next), [](std::size_t) { return true; });
  const auto generation = generation_;
  for (const auto i : asked)
    ask(i).then(
        [this, i, generation, on_reply](const Reply&... reply) {
          if (generation != generation_)
            return;
          on_reply(i, reply...);
          answered(generation, i);
        },
        [this, i, generation](const caf::error& e) { failed(generation, i, e); });
}

} // namespace peernet::actors

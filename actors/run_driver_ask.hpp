// SPDX-License-Identifier: MIT
// How the run driver asks all nodes: shared by its source files, included by nothing else.
#pragma once

#include "actors/run_driver.hpp"

#include <set>
#include <utility>

namespace peernet::actors {

inline constexpr duration step_patience =
    std::chrono::seconds{10}; ///< for one step of a deployment
inline constexpr duration report_patience =
    std::chrono::seconds{3}; ///< a node silent for so long is lost

template <class... Reply, class Ask, class OnReply>
void run_driver::ask_all(std::string step, Ask ask, OnReply on_reply, std::function<void()> next) {
  step_ = std::move(step);
  const auto generation = ++generation_;
  next_ = std::move(next);
  awaited_.clear();
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].alive)
      awaited_.insert(i);
  report_progress();
  if (awaited_.empty())
    return std::exchange(next_, nullptr)();
  for (const auto i : std::set<std::size_t>(awaited_))
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

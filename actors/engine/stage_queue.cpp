// SPDX-License-Identifier: MIT
#include "actors/engine/stage_queue.hpp"

namespace peernet {

void stage_queue::deliver(sample&& s, std::uint16_t input, stamp since, recorder& by) {
  under_way_.fetch_add(1, std::memory_order_relaxed);
  const auto pushed = queue_.push({std::move(s), input, since});
  if (!pushed.dropped)
    return;
  under_way_.fetch_sub(1, std::memory_order_relaxed);
  if (pushed.closed)
    return; // the run is over: the sample is unfinished, which is what its missing end says
  dropped_.fetch_add(1, std::memory_order_relaxed);
  end_sample(by, *context_.watcher, pushed.dropped->body.header, copy_, outcome::dropped,
             context_.clock->now());
}

} // namespace peernet

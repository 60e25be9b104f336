// SPDX-License-Identifier: MIT
#include "actors/part.hpp"

#include <iterator>

namespace peernet {

run_window window_of(const start_order& order) {
  return {.start = stamp_from_ns(order.start_ns),
          .measured = stamp_from_ns(order.measured_ns),
          .end = stamp_from_ns(order.end_ns),
          .samples = order.samples};
}

node_report to_message(part_report&& r) {
  node_report m;
  m.counts = std::move(r.counts);
  m.ends = std::move(r.ends);
  m.under_way = r.under_way;
  m.sensors_finished = r.sensors_finished;
  return m;
}

void merge(node_report& into, node_report&& part) {
  std::ranges::move(part.counts, std::back_inserter(into.counts));
  std::ranges::move(part.ends, std::back_inserter(into.ends));
  into.under_way += part.under_way;
  into.emitted += part.emitted;
  into.overflowed += part.overflowed;
  into.sensors_finished = into.sensors_finished && part.sensors_finished;
}

} // namespace peernet

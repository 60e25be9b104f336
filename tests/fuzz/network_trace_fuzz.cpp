// SPDX-License-Identifier: MIT
// A network's course over time, as CSV: what is read makes sense at any time.
#include "runtime/config/network_trace.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>

PEERNET_FUZZ_TARGET(network_trace) {
  using namespace peernet;
  const auto trace = network_trace::parse(text_of(bytes));
  if (!trace) {
    must_hold(!trace.error().message.empty());
    return;
  }
  const auto& steps = trace->steps();
  must_hold(!steps.empty() && steps.front().from == duration{0} &&
            trace->length() > steps.back().from);
  must_hold(std::ranges::is_sorted(steps, {}, &network_step::from));
  for (const auto& s : steps)
    must_hold((!s.loss || (*s.loss >= 0 && *s.loss <= 1)) &&
              (!s.delay || *s.delay >= duration{0}) && (!s.rate || *s.rate > 0));
  for (const auto since : {duration{0}, trace->length() - duration{1}, trace->length(),
                           duration::max(), steps.back().from}) {
    const auto& now = trace->at(since);
    must_hold(&now >= steps.data() && &now < steps.data() + steps.size());
  }
}

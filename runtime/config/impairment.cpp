// SPDX-License-Identifier: MIT
// The profiles' figures. Where each comes from, and what is our rounding, is written down in
// transports/impairment/README.md; change both together.
#include "runtime/config/impairment.hpp"

namespace peernet {

using namespace std::chrono_literals;

impairment impairment_of(impair_profile profile) {
  impairment i{.profile = profile, .keep_order = true};
  switch (profile) {
  case impair_profile::lan:
    i.delay = 200us;
    i.jitter = 25us;
    i.rate = 1e9;
    i.buffer = 512'000;
    break;
  case impair_profile::wifi:
    i.delay = 4ms;
    i.jitter = 6ms;
    i.distribution = delay_shape::pareto;
    break;
  case impair_profile::lte:
    i.delay = 18ms;
    i.jitter = 5ms;
    i.loss = 0.001;
    i.rate = 6e6;
    i.buffer = 256'000;
    break;
  case impair_profile::five_g:
    i.delay = 8ms;
    i.jitter = 2ms;
    i.loss = 0.001;
    i.rate = 21e6;
    i.buffer = 512'000;
    break;
  case impair_profile::satellite:
    i.delay = 25ms;
    i.jitter = 7ms;
    i.loss = 0.005;
    i.rate = 12e6;
    i.buffer = 512'000;
    break;
  }
  return i;
}

} // namespace peernet

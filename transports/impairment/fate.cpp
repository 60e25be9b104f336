// SPDX-License-Identifier: MIT
#include "transports/impairment/fate.hpp"

#include <cmath>
#include <numbers>
#include <string>

namespace peernet {

fate_source::fate_source(const impairment& what, std::uint64_t seed, std::string_view link,
                         std::uint16_t lane) noexcept
    : loss_(what.loss),
      bursts_(what.bursts),
      duplicate_(what.duplicate),
      reorder_(what.reorder),
      corrupt_(what.corrupt),
      shape_(what.distribution),
      key_(random_source::named(random_source::named(seed, "impair").next(), link, lane).next()) {}

fate fate_source::next(double loss) noexcept {
  // Every frame has a stream of its own, from which all is drawn, needed or not: so that what one
  // frame meets, or one key says, moves nothing of the others. The stream's seed is mixed once
  // more, as neighbouring seeds give streams that overlap.
  random_source draws(random_source(key_ ^ sequence_++).next());
  const auto change = draws.uniform(), lose = draws.uniform(), duplicate = draws.uniform(),
             reorder = draws.uniform(), corrupt = draws.uniform();
  const auto bit = draws.next();
  const auto first = draws.uniform(), second = draws.uniform();
  if (bursts_)
    in_burst_ = in_burst_ ? change >= bursts_->leave : change < bursts_->enter;
  return {.lost = lose < (in_burst_ ? bursts_->loss_in : loss),
          .in_burst = in_burst_,
          .duplicated = duplicate < duplicate_,
          .reordered = reorder < reorder_,
          .corrupted = corrupt < corrupt_,
          .bit = bit,
          .deviation = deviation_of(first, second)};
}

double fate_source::deviation_of(double first, double second) const noexcept {
  switch (shape_) {
  case delay_shape::normal: // Box and Muller, one of the pair; 1 - first is above 0
    return std::sqrt(-2 * std::log(1 - first)) * std::cos(2 * std::numbers::pi * second);
  case delay_shape::pareto: {
    // Exponent 3 and scale 1 have the mean 3/2 and the variance 3/4.
    const auto x = 1 / std::cbrt(1 - first);
    return (x - 1.5) * 2 / std::numbers::sqrt3;
  }
  case delay_shape::uniform:
    break;
  }
  return 2 * first - 1;
}

} // namespace peernet

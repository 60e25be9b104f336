// SPDX-License-Identifier: MIT
// What a link's impairment does to its samples, as plain structs with plain numbers, and the
// profiles of well-known networks. impair_reader.hpp reads it, transports/impairment does it.
#pragma once

#include "runtime/core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace peernet {

/// How delays lie around their mean.
enum class delay_shape : std::uint8_t {
  normal,  ///< jitter is the standard deviation
  pareto,  ///< jitter is the standard deviation, of a long tail upwards (exponent 3)
  uniform, ///< jitter is how far to each side
};

/// What is impaired.
enum class impair_level : std::uint8_t {
  sample, ///< whole samples, on the sending side of their link
  packet, ///< real packets, between network namespaces of the link's nodes
};

/// Networks whose figures are known; transports/impairment/README.md says from where.
enum class impair_profile : std::uint8_t { lan, wifi, lte, five_g, satellite };

/// A Gilbert–Elliott channel: it is good or in a burst, and may change with every sample. It
/// begins good.
struct burst_loss {
  double enter = 0; ///< good → burst, for each sample
  double leave = 1; ///< burst → good, for each sample; a burst has 1 / leave samples in the mean
  double loss_in = 1; ///< share lost within a burst; outside it is the link's `loss`
  bool operator==(const burst_loss&) const = default;
};

/// All shares are 0…1, of the link's samples.
struct impairment {
  std::optional<impair_profile> profile; ///< where what was not written comes from
  impair_level level = impair_level::sample;
  duration delay{0}; ///< mean
  duration jitter{0};
  delay_shape distribution = delay_shape::normal;
  double loss = 0; ///< outside of bursts
  std::optional<peernet::burst_loss> bursts;
  double duplicate = 0;
  double reorder = 0;
  duration reorder_by{0}; ///< how much longer a reordered sample takes
  double corrupt = 0;
  double rate = 0;          ///< of the bottleneck, bit/s; 0: there is none
  std::uint64_t buffer = 0; ///< of the bottleneck, bytes; only with a rate
  bool keep_order = false;  ///< jitter lets no sample overtake another
  bool spin = false;        ///< waits for the last moments busily
  std::string trace;        ///< file with delay, loss and rate over time; empty: none
  bool operator==(const impairment&) const = default;
};

/// What a profile stands for.
[[nodiscard]] impairment impairment_of(impair_profile profile);

/// Is anything done to samples that a channel which retransmits never shows?
[[nodiscard]] constexpr bool spoils_samples(const impairment& i) noexcept {
  return i.loss > 0 || i.bursts || i.duplicate > 0 || i.reorder > 0 || i.corrupt > 0;
}

} // namespace peernet

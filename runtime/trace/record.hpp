// SPDX-License-Identifier: MIT
// The one kind of fact the measured path emits. Fixed size and trivially copyable: it goes from a
// stage's thread into a ring, from there in batches to the metrics actor, and into the store, byte
// for byte. Stamps are raw: each belongs to the clock whose id stands beside it; nothing is mapped
// before the end.
#pragma once

#include "runtime/core/ids.hpp"
#include "runtime/core/time.hpp"

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace peernet {

/// One thing that happens to a sample. Numbers are pinned: they are stored. User steps count from
/// `user`.
enum class step : std::uint16_t {
  lag = 0,        ///< intended time → the sensor really fires
  sense = 1,      ///< inside the sensor
  encode = 2,     ///< the link's codec, on the sending stage's thread
  send_queue = 3, ///< waiting on the sending side of a link
  emulate = 4,    ///< held back by the link's impairment
  link = 5,       ///< handed to the channel → taken from the socket: the one-way delay
  wake = 6,       ///< in the receiver's kernel → in the receiver's hands, where the kernel stamps
  dispatch = 7,   ///< taken from the socket → in the stage's queue
  queue = 8,      ///< waiting before a stage
  decode = 9,     ///< the link's codec, on the receiving stage's thread
  preprocess = 10,  ///< the model's own preparation
  infer = 11,       ///< the model's computation and nothing else
  postprocess = 12, ///< the model's own conclusion
  act = 13,         ///< inside the sink
  notice = 14,      ///< closed loop: a sample's end → its sensor knows
  user = 64,        ///< first of the steps that embedding programs name themselves
};

/// How a sample ended at a sink. Numbers are pinned: they are stored.
enum class outcome : std::uint8_t {
  delivered = 0,  ///< the sink acted on it
  consumed = 1,   ///< a stage emitted nothing for it
  skipped = 2,    ///< its time came but it was never sensed
  dropped = 3,    ///< gave way in a full queue
  lost = 4,       ///< sent and never received
  corrupt = 5,    ///< received with bytes that failed their checks
  expired = 6,    ///< its time ran out before it ended
  failed = 7,     ///< a stage met an error with it
  unfinished = 8, ///< still under way when the run ended
};
inline constexpr int outcome_count = 9;

[[nodiscard]] std::string_view to_string(step s) noexcept; ///< "lag"; "user" for every user step
[[nodiscard]] std::string_view to_string(outcome o) noexcept;

/// What a record states, and so which of its fields mean what.
enum class record_kind : std::uint8_t {
  span = 1,   ///< a step: begin, end; `what` is the step
  sample = 2, ///< a sensor's slot: begin = intended, end = sensed (never_sensed if not); amount =
              ///< payload bytes
  sent = 3,  ///< handed to a channel: begin = send stamp, end = sequence number on its lane; amount
             ///< = bytes on the wire
  fate = 4,  ///< a terminal event: begin = when; `what` is the outcome (delivered too)
  value = 5, ///< a figure: begin = when, amount = the bits of a double; `what` is the value's name
             ///< in the layout
};

/// `end_ns` of a sample record whose slot was skipped.
inline constexpr std::int64_t never_sensed = INT64_MIN;

/// See `record_kind` for the fields' meaning.
struct record {
  std::uint64_t trace = 0;   ///< trace_id::number()
  std::int64_t begin_ns = 0; ///< raw, of begin_clock
  std::int64_t end_ns = 0;   ///< raw, of end_clock
  std::int64_t amount = 0;
  route_id route = 0;       ///< the way up to and including the place this happened at
  std::uint32_t output = 0; ///< the sample's output index
  std::uint16_t copy = 0;   ///< of the place: sensor, sink or worker number, or the link's lane
  node_id begin_node = 0;
  node_id end_node = 0;
  clock_id begin_clock = 0;
  clock_id end_clock = 0;
  std::uint16_t what = 0;
  record_kind kind = record_kind::span;
  std::uint8_t flags = 0;
  std::uint16_t reserved = 0; ///< 0
};
static_assert(sizeof(record) == 56 && std::is_trivially_copyable_v<record>);

/// `record::flags`
inline constexpr std::uint8_t record_warmup = 1; ///< the sample belongs to the warm-up

} // namespace peernet

// SPDX-License-Identifier: MIT
// What one end of one lane of a link counted. Both ends count, and are reconciled by sequence
// number: what was sent and never received is lost, whatever a transport believes.
#pragma once

#include "runtime/core/ids.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace peernet {

/// Numbers are pinned: they are stored.
enum class link_side : std::uint8_t {
  sender = 0,
  receiver = 1,
  network = 2, ///< neither end: what is done to packets in between; has `counts` only
};

/// A figure that only some transports have: "packets", "incomplete".
struct link_count {
  std::string name;
  std::uint64_t count = 0;
  bool operator==(const link_count&) const = default;
};

/// Counters of one end, from the start of the run to the moment of the report. A later report of
/// the same end replaces the earlier. Lost frames are in neither end's counters: they are the
/// sender's `sent` minus the receiver's `unique`. A local hand-off reports both ends too, so that
/// it appears in the view `links`; it has no `sent` records and no `link` spans.
struct link_end {
  place_id link = 0;
  std::uint16_t lane = 0;
  node_id node = 0;
  link_side side = link_side::sender;
  bool final = true; ///< nothing will be sent or received any more; only then is a lane reconciled
  std::uint64_t sent = 0;       ///< sender: frames handed to the channel, each with a `sent` record
  std::uint64_t dropped = 0;    ///< sender: samples that gave way in the send queue
  std::uint64_t received = 0;   ///< receiver: frames of this run and lane, repeats included
  std::uint64_t unique = 0;     ///< receiver: distinct sequence numbers, each with a `link` span
  std::uint64_t duplicated = 0; ///< receiver: frames whose sequence number had come before
  std::uint64_t reordered = 0;  ///< receiver: frames with a number below the highest so far
  std::uint64_t corrupt = 0;    ///< receiver: frames whose header or body failed its checks
  std::uint64_t foreign = 0;    ///< receiver: frames of another run or link, ignored
  std::uint64_t bytes = 0;      ///< on the wire, headers included: sent, or received
  std::uint64_t highest = 0;    ///< highest sequence number sent or received
  /// The transport's own; a receiving end that hears several lanes has them in the first.
  std::vector<link_count> counts = {};
};

} // namespace peernet

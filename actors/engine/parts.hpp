// SPDX-License-Identifier: MIT
// What one stage or link of the scenario has on one node: the engines of all its copies or lanes.
// An actor owns one part: starts it, stops it, and reports what it counted.
#pragma once

#include "actors/engine/end_hub.hpp"
#include "actors/engine/inference_engine.hpp"
#include "actors/engine/local_outlet.hpp"
#include "runtime/trace/link_end.hpp"
#include "runtime/trace/run_fact.hpp"
#include "transports/link_receiver.hpp"

#include <memory>
#include <string>
#include <vector>

namespace peernet {

/// What the parts of a node counted, independently of their records.
struct part_report {
  std::vector<reported_count> counts;
  std::vector<link_end> ends;
  std::uint64_t under_way = 0;  ///< samples in queues or hands
  bool sensors_finished = true; ///< no sensor here has anything more to do
};

/// All copies of a sensor on this node.
struct sensor_part {
  std::string name;
  place_id place = 0;
  std::vector<std::unique_ptr<sensor_source>> sources;
  std::unique_ptr<frame_keeper> keeper;            ///< if a sink here draws on its frames
  std::vector<std::unique_ptr<sensor_loop>> loops; ///< last: their threads end first
  bool started = false;                            ///< and not stopped since

  void start(const run_window& window);
  /// Waits until `deadline` of the machine's clock. False: a sensor did not come back, which is
  /// reported; the part must not be destroyed before it comes.
  bool stop(stamp deadline = stamp::max());
  void report(part_report& to) const;
};

/// All instances of an inference stage on this node.
struct inference_part {
  std::string name;
  place_id place = 0;
  std::vector<std::unique_ptr<inference_engine>> engines;

  void start();
  void request_stop();
  bool stop(stamp deadline = stamp::max()); ///< false: one of them did not come back
  void report(part_report& to) const;
};

/// All copies of a sink on this node.
struct sink_part {
  std::string name;
  place_id place = 0;
  std::vector<std::unique_ptr<sink_engine>> engines;

  void start();
  void request_stop();
  bool stop(stamp deadline = stamp::max()); ///< false: one of them did not come back
  void report(part_report& to) const;
};

/// All lanes of a link that begin on this node; for a link whose both ends are here, its hand-offs.
struct sender_part {
  std::string name;
  place_id place = 0;
  node_id node = 0;
  std::unique_ptr<psnr_meter> meter; ///< if the link asks for it; in front of its users
  std::vector<std::unique_ptr<lane_sender>> lanes;
  std::vector<std::pair<std::uint16_t, std::unique_ptr<local_outlet>>> hand_offs; ///< lane number

  /// All of its connections stand.
  [[nodiscard]] bool connected();
  /// What a lane's channel says is wrong; empty if nothing.
  [[nodiscard]] std::string trouble() const;
  void finish(stamp deadline);
  /// `final`: nothing will be sent any more.
  void report(part_report& to, bool final) const;
};

/// All receiving ends of a link on this node.
struct receiver_part {
  std::string name;
  place_id place = 0;
  node_id node = 0;
  std::vector<std::unique_ptr<link_receiver>> ends;

  void start();
  void stop();
  /// The lanes' counters are the receiving threads' own: complete only after `stop`, when `final`
  /// is set; before that only the number of frames is told.
  void report(part_report& to, bool final) const;
};

} // namespace peernet

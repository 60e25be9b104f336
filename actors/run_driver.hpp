// SPDX-License-Identifier: MIT
// The steps of one run, from greeting to results: the coordinator actor's inside. Every step asks
// all nodes the same, waits for each until a deadline, and goes on when all have answered or are
// lost.
#pragma once

#include "actors/coordinator.hpp"
#include "actors/engine/load_errors.hpp"
#include "transports/probes/udp_reach.hpp"

#include <map>
#include <optional>

namespace peernet::actors {

/// Drives a run. Thread: the coordinator actor's.
class run_driver {
public:
  using self_ptr = coordinator_actor::stateful_pointer<coordinator_state>;

  run_driver(self_ptr self, coordinator_config config);

  caf::result<ending_ptr> start(run_purpose purpose);
  void interrupt();
  void tick();
  void wake();
  void burst_over();
  void down(const caf::down_msg& d);

private:
  /// What is known of a node.
  struct node_status {
    bool alive = true;
    bool started = false; ///< it may have records that are not here yet
    node_ready ready;
    clock_actor probes;
    clock_id clock = reference_clock;
    udp_reach udp;              ///< of the coordinator's own probes
    stamp control_due{};        ///< actor time: when it is asked over the control plane, if need be
    std::int64_t offset_ns = 0; ///< of its clock, by the best exchange so far: for the common start
    std::int64_t best_round_trip = INT64_MAX;
    node_report last;
  };

  // The steps, in order.
  void greet();
  void load();
  void cannot_load(std::size_t node, const std::vector<fault>& faults);
  void refuse_unloadable();
  void bind();
  [[nodiscard]] std::vector<std::vector<peer_order>> peers() const;
  void meet();
  void link();
  void await_links(stamp deadline);
  void end_rehearsal();
  void open_results();
  void begin();
  void halt();
  void drain(stamp quiet_since, std::uint64_t last_count, bool was_idle);
  void finish();
  void flush();
  void store_facts();
  void conclude();

  /// Asks every living node with `ask(number)`, which returns CAF's response handle; `patience` is
  /// also the deadline of each request. A node that does not answer is lost.
  template <class... Reply, class Ask, class OnReply>
  void ask_all(std::string step, Ask ask, OnReply on_reply, std::function<void()> next);
  /// Begins a step that waits for the living nodes of which `concerned` is true, and goes on with
  /// `next` when all have answered or are lost; at once if there is none. Returns whom to ask.
  [[nodiscard]] std::set<std::size_t> await(std::string step, std::function<void()> next,
                                            const std::function<bool(std::size_t)>& concerned);
  void answered(std::uint64_t generation, std::size_t node);
  void failed(std::uint64_t generation, std::size_t node, const caf::error& why);

  // Clocks: run_driver_clocks.cpp.
  [[nodiscard]] result<void> set_probe_targets();
  void probe_clocks(probe_phase phase, std::function<void()> next);
  void probe_rest(probe_phase phase, std::function<void()> next);
  void watch_clocks();
  /// Notes a moment at which this process is awake; true: it lately stood still.
  bool watch_ourselves();
  [[nodiscard]] std::vector<probe_service::target_report> own_targets() const;
  void collect_own_news();
  void learn(clock_news news, std::size_t node);
  void probe_again(std::size_t node, std::uint32_t left, probe_phase phase,
                   std::uint64_t generation);
  void probe_once(std::size_t node, probe_phase phase, std::function<void()> then);

  /// The actor system's time, which a test can move: for deadlines. Facts are stamped by clock_.
  [[nodiscard]] stamp actor_time() const;

  /// Puts the rest of the current step off for a moment.
  void later(duration pause, std::function<void()> rest);

  void lose(std::size_t node, std::string why);
  void abandon(run_ending::kind how, error why, std::optional<node_id> node = {});
  void end_by(run_ending::kind how, error why);
  void event(severity how, std::string what, std::string detail, node_id node = coordinator_node);
  void with_store(std::function<result<void>(store&)> task);
  void assign_clocks();
  [[nodiscard]] layout make_layout() const;
  void report_progress();
  void store_news();
  /// Frames sent and not received yet, by link; never less than 0.
  [[nodiscard]] std::map<place_id, std::uint64_t> frames_under_way() const;
  [[nodiscard]] duration silence_of(const std::map<place_id, std::uint64_t>& under_way) const;

  self_ptr self_;
  coordinator_config config_;
  const peernet::clock clock_; ///< the reference clock
  std::vector<node_status> nodes_;
  load_errors unloadable_; ///< what nodes could not load, so far
  std::vector<std::string> values_;
  endpoint_map endpoints_; ///< of all nodes
  local_metrics_actor metrics_;
  caf::typed_response_promise<ending_ptr> promise_;
  std::shared_ptr<run_ending> ending_ = std::make_shared<run_ending>();

  std::string step_;
  std::uint64_t generation_ = 0; ///< of the step: late answers of an earlier one are ignored
  std::set<std::size_t> awaited_;
  std::function<void()> next_;
  std::function<void()> put_off_;
  std::function<void()> after_burst_; ///< waits for the own burst
  bool bursting_ = false;
  run_purpose purpose_ = run_purpose::measure;
  bool interrupted_early_ = false; ///< before `start` came
  bool bound_ = false;             ///< all nodes, and what is bound can be connected
  bool running_ = false;           ///< between the common start and the halt
  bool ending_begun_ = false;
  bool cut_off_ = false; ///< the drain's deadline passed with samples under way
  bool over_ = false;
  stamp drain_until_ = stamp::max();    ///< actor time
  stamp start_{};                       ///< reference clock
  clock_news news_;                     ///< not stored yet
  std::vector<clock_news> costs_;       ///< of probing, the latest of each node and the coordinator
  live_figures::snapshot figures_;      ///< the latest
  stamp ticked_ = clock::machine_now(); ///< the last sign of our own life
  std::optional<stamp> stood_still_;    ///< when that was noticed last; machine's clock
};

} // namespace peernet::actors

// SPDX-License-Identifier: MIT
// One node's share of a scenario: makes its plugin objects, binds its receiving ends, connects its
// senders, and hands the parts to whoever runs them. No actor in sight, so a whole graph can be
// tested inside one thread's sight.
#pragma once

#include "actors/engine/load_errors.hpp"
#include "actors/engine/networks.hpp"
#include "actors/engine/parts.hpp"
#include "runtime/config/catalogue.hpp"
#include "runtime/config/plan.hpp"
#include "runtime/core/port_range.hpp"
#include "runtime/plugin/registry.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace peernet {

/// Where a receiving end of the run can be reached: one line of the endpoint map that all nodes
/// share.
struct bound_end {
  place_id link = 0;
  std::uint32_t instance = 0; ///< plan instance it leads to
  endpoint where;
};

/// The numbers a run gives to what the scenario names.
struct run_numbers {
  clock_id clock = reference_clock; ///< of this node
  std::uint64_t run = 0;            ///< on the wire
  std::vector<std::string> values;  ///< layout::values
};

/// Builds a node's engines in the order of a deployment: load, bind, connect; then take the parts.
/// Outlives all parts. Thread: one at a time.
class node_graph {
public:
  /// What the node has to work with on its machine. The default suits a run that stays there.
  struct surroundings {
    std::string output;  ///< where sinks may write
    std::string sockets; ///< mode 0700: channels that are reached by a path
    /// Where other nodes reach this one, as `resolve_networks` says.
    std::vector<node_network> networks = {{.network = "", .address = "127.0.0.1"}};
    port_range ports;      ///< for receiving ends
    std::string secret;    ///< the run's; needed as soon as a link leaves the machine
    bool insecure = false; ///< links that leave the machine are not encrypted
    /// Nothing will run: what cannot be had is noted in `faults`, and the rest goes on without it.
    bool rehearsal = false;
  };

  node_graph(std::shared_ptr<const scenario> what, std::shared_ptr<const plan> whole, node_id self,
             registry& types, const catalogue& known, surroundings around);
  /// Ends whatever still runs, in the order in which samples flow.
  ~node_graph();
  node_graph(const node_graph&) = delete;
  node_graph& operator=(const node_graph&) = delete;

  /// Makes every sensor, model, sink and codec of this node. What cannot be loaded fails here: a
  /// line for each, which begins with the key ("inference.detector.path: …").
  [[nodiscard]] result<void> load();

  /// What could not be loaded; in a rehearsal also what could not be bound.
  [[nodiscard]] const std::vector<fault>& faults() const noexcept { return faults_.all(); }

  /// Names of the values this node's models and the links out of it report.
  [[nodiscard]] std::vector<std::string> value_names() const;

  /// Makes the queues and engines and binds the receiving ends on free ports. An error names the
  /// link, and what to change.
  [[nodiscard]] result<std::vector<bound_end>> bind(const run_numbers& numbers);

  /// Opens the senders towards the receiving ends of all nodes.
  [[nodiscard]] result<void> connect(std::span<const bound_end> everywhere);

  /// Links whose connection does not stand yet; behind a name, in brackets, why, where it is known.
  [[nodiscard]] std::vector<std::string> unconnected() const;

  /// Asks all inference and sinks to end, so that none of them is waited for before it knows.
  void stop_stages();

  [[nodiscard]] const peernet::clock& clock() const noexcept { return clock_; }
  [[nodiscard]] record_collector& records() noexcept { return records_; }
  [[nodiscard]] event_log& events() noexcept { return events_; }
  [[nodiscard]] end_hub& ends() noexcept { return hub_; }
  [[nodiscard]] clock_id clock_number() const noexcept { return context_.clock_number; }
  [[nodiscard]] node_id self() const noexcept { return self_; }
  [[nodiscard]] const scenario& what() const noexcept { return *scenario_; }
  [[nodiscard]] const plan& whole() const noexcept { return *plan_; }
  /// Where other nodes reach this one.
  [[nodiscard]] const std::vector<node_network>& networks() const noexcept {
    return around_.networks;
  }

private:
  /// What `load` made for one instance of this node.
  struct loaded {
    std::unique_ptr<sensor> as_sensor;
    std::vector<std::unique_ptr<model>> as_models;
    std::unique_ptr<sink> as_sink;
    std::shared_ptr<stage_queue> queue;
    std::vector<place_id> inputs; ///< links into it, by input number
    inference_engine* inference = nullptr;
    sensor_source* source = nullptr;
  };

  [[nodiscard]] const plan_place& place_of(const plan_instance& i) const {
    return plan_->places[i.place];
  }
  /// This node's own entry: nodes are numbered as the scenario lists them.
  [[nodiscard]] const node_config& config() const { return scenario_->nodes[self_]; }
  [[nodiscard]] const stage_config& config_of(const plan_instance& i) const;
  [[nodiscard]] const link_config& link_of(const plan_lane& l) const;
  [[nodiscard]] environment environment_of(const stage_config& s, std::uint16_t copy) const;
  [[nodiscard]] fault at(plugin_kind kind, const stage_config& s, error e) const;
  [[nodiscard]] std::optional<fault> load_instance(const plan_instance& i, loaded& to);
  [[nodiscard]] static loaded stand_in_for(const plan_instance& i);
  [[nodiscard]] result<void> load_module(plugin_kind kind, const std::string& type);
  [[nodiscard]] result<channel_kind*> load_transport(const link_config& l);
  [[nodiscard]] result<std::unique_ptr<codec>> make_codec(const link_config& l,
                                                          std::uint16_t worker);
  [[nodiscard]] static std::string codec_key(const link_config& l);
  [[nodiscard]] result<decoder_set> make_decoders(std::uint32_t instance, std::uint16_t worker);
  [[nodiscard]] result<channel_settings> channel_for(const link_config& l,
                                                     const std::string& address) const;
  [[nodiscard]] result<std::unique_ptr<receive_end>> bind_end(const link_config& l, node_id from,
                                                              const std::string& network);
  [[nodiscard]] result<void> make_engines(std::uint32_t instance);
  [[nodiscard]] result<void> bind_instance(std::uint32_t instance, std::vector<bound_end>& bound);
  [[nodiscard]] result<std::optional<emulation>> emulation_of(const link_config& l) const;
  [[nodiscard]] result<std::unique_ptr<lane_sender>>
  open_lane(std::uint32_t lane, const plan_instance& from, std::span<const bound_end> everywhere,
            sender_part& to);
  void make_loops();
  /// The run's number of a value.
  [[nodiscard]] std::uint16_t value_number(std::string_view name) const;
  /// What all lanes of `l` from here share.
  [[nodiscard]] result<psnr_meter*> meter_of(const link_config& l, sender_part& part);

  /// This node's part of a place; made at the first call.
  template <class Part>
  std::shared_ptr<Part> part(std::vector<std::shared_ptr<Part>>& parts, place_id place) {
    const auto found =
        std::ranges::find_if(parts, [&](const auto& p) { return p->place == place; });
    if (found != parts.end())
      return *found;
    auto made = std::make_shared<Part>();
    made->name = plan_->places[place].name;
    made->place = place;
    parts.push_back(made);
    return made;
  }

  const std::shared_ptr<const scenario> scenario_;
  const std::shared_ptr<const plan> plan_;
  const node_id self_;
  registry& types_;
  const catalogue& catalogue_;
  const surroundings around_;
  const peernet::clock clock_;
  record_collector records_;
  event_log events_;
  end_hub hub_;
  node_context context_;
  run_numbers numbers_;
  std::map<std::uint32_t, loaded> loaded_; ///< by instance
  load_errors faults_;
  std::set<std::string> unopened_; ///< in a rehearsal: links of which a sender could not be opened

public: // behind everything their threads use, so that they go first
  std::vector<std::shared_ptr<sender_part>> senders;
  std::vector<std::shared_ptr<inference_part>> inference;
  std::vector<std::shared_ptr<sink_part>> sinks;
  std::vector<std::shared_ptr<receiver_part>> receivers;
  std::vector<std::shared_ptr<sensor_part>> sensors;
};

} // namespace peernet

// SPDX-License-Identifier: MIT
// The two ends of a link: on which address, with which key.
#include "actors/engine/node_graph.hpp"
#include "runtime/config/impair_check.hpp"
#include "runtime/config/packet_level.hpp"
#include "runtime/core/address.hpp"
#include "runtime/core/link_value.hpp"
#include "runtime/plugin/guarded.hpp"
#include "transports/codecs/codec_chain.hpp"
#include "transports/security.hpp"

#include <algorithm>
#include <utility>

namespace peernet {

namespace {

/// What a link's transport says of itself, or what every transport carries, bytes.
std::size_t largest_body(const link_config& l) {
  const auto* stated = l.transport_settings.find<std::int64_t>("max-sample");
  return stated ? static_cast<std::size_t>(*stated) : channel_settings{}.max_frame;
}

} // namespace

/// What both ends of `l` are told; `address` is where the receiving one is reached, empty if by no
/// IP address.
result<channel_settings> node_graph::channel_for(const link_config& l,
                                                 const std::string& address) const {
  channel_settings settings;
  settings.ports = around_.ports;
  settings.socket_folder = around_.sockets;
  settings.queue = l.send_queue.size;
  settings.max_frame = largest_body(l);
  settings.run = context_.run;
  settings.name = l.name;
  settings.own = l.transport_settings;
  if (address.empty() || is_loopback(address) || around_.insecure)
    return settings;
  if (around_.secret.size() != run_secret_bytes)
    return error{errc::internal, "there is no secret to encrypt what goes to " + address};
  settings.key = derive(around_.secret, "peernet link " + l.name, channel_key_bytes);
  return settings;
}

/// Binds the end of `l` that hears node `from`.
result<std::unique_ptr<receive_end>> node_graph::bind_end(const link_config& l, node_id from,
                                                          const std::string& network) {
  const auto kind = load_transport(l);
  if (!kind)
    return kind.error();
  const auto at = std::ranges::find(around_.networks, network, &node_network::network);
  if (const auto& self = config().name; at == around_.networks.end())
    return error{errc::not_found, "node " + self + " has no address" +
                                      (l.network.empty() ? "" : " on network " + l.network) +
                                      " that node " + plan_->nodes[from] +
                                      " can send to; add one to nodes." + self +
                                      ".addresses and name it in links." + l.name + ".network"};
  auto settings = channel_for(l, at->address);
  if (!settings)
    return std::move(settings).error();
  settings->bind_address = at->address;
  auto end = guarded([&] { return (*kind)->bind(*settings); });
  if (!end) // the remedy is that machine's
    return error{end.error().code, "node " + config().name + ": " + end.error().message};
  return end;
}

result<void> node_graph::bind_instance(std::uint32_t instance, std::vector<bound_end>& bound) {
  auto& l = loaded_[instance];
  for (std::uint16_t input = 0; input < l.inputs.size(); ++input) {
    std::vector<std::uint32_t> lanes;
    for (const auto n : plan_->instances[instance].in)
      if (plan_->lanes[n].link == l.inputs[input] && !plan_->lanes[n].local)
        lanes.push_back(n);
    if (lanes.empty())
      continue;
    // All lanes of a link come from one node, that of its stage: one end on one network hears them.
    const auto& lane = plan_->lanes[lanes.front()];
    const auto& link = link_of(lane);
    const auto from = plan_->instances[lane.from].node;
    const auto network = network_of_lane(*scenario_, from, self_, link);
    auto end = bind_end(link, from, network);
    if (!end && around_.rehearsal) {
      faults_.add({"links." + link.name, std::move(end).error()});
      continue;
    }
    if (!end)
      return with_key({"links." + link.name, std::move(end).error()});
    if (const auto trouble = (*end)->report().trouble; !trouble.empty())
      context_.report(severity::warning, "link limited", "link " + link.name + ": " + trouble);
    auto to = part(receivers, l.inputs[input]);
    to->node = self_;
    auto where = (*end)->where();
    where.node = self_;
    where.network = network;
    bound.push_back({l.inputs[input], instance, where});
    to->ends.push_back(std::make_unique<link_receiver>(
        link_receiver::settings{.name = link.name,
                                .link = l.inputs[input],
                                .input = input,
                                .codec = names_of(link.codecs),
                                .max_frame = largest_body(link)},
        context_, *plan_, std::move(lanes), std::move(*end), *l.queue));
  }
  return {};
}

/// What is done to the samples of `l` before they meet its channel; nothing if it is not impaired,
/// or its packets are.
result<std::optional<emulation>> node_graph::emulation_of(const link_config& l) const {
  if (!l.impair || at_packet_level(l))
    return std::optional<emulation>{};
  auto trace = trace_of(l, scenario_->directory, catalogue_);
  if (!trace)
    return std::move(trace).error();
  const auto* type = catalogue_.find(plugin_kind::transport, l.transport);
  return std::optional(emulation{.what = *l.impair,
                                 .reliable = type && type->reliable,
                                 .seed = scenario_->seed,
                                 .trace = *std::move(trace)});
}

result<std::unique_ptr<lane_sender>> node_graph::open_lane(std::uint32_t number,
                                                           const plan_instance& from,
                                                           std::span<const bound_end> everywhere,
                                                           sender_part& to) {
  const auto& lane = plan_->lanes[number];
  const auto& link = link_of(lane);
  const auto end = std::ranges::find_if(
      everywhere, [&](const bound_end& e) { return e.link == lane.link && e.instance == lane.to; });
  if (end == everywhere.end())
    return error{errc::internal,
                 "link " + link.name + ": its receiving end is not in the endpoint map"};
  const auto kind = load_transport(link);
  if (!kind)
    return kind.error();
  const auto& where = end->where;
  const auto settings = channel_for(link, where.port == 0 ? "" : where.address);
  auto channel = settings ? guarded([&] { return (*kind)->connect(*settings, where); })
                          : result<std::unique_ptr<send_end>>{settings.error()};
  if (!channel)
    return error{channel.error().code, "links." + link.name + ": " + channel.error().message};
  auto impair = emulation_of(link);
  if (!impair)
    return std::move(impair).error();
  const auto planned =
      *impair ? std::optional(value_number(link_value::planned_delay)) : std::nullopt;
  std::vector<std::unique_ptr<codec>> codecs;
  for (std::uint16_t w = 0; w < from.workers && !link.codecs.empty(); ++w) {
    auto made = make_codec(link, w);
    if (!made && !around_.rehearsal)
      return with_key({codec_key(link), std::move(made).error()});
    codecs.push_back(made ? std::move(*made) : nullptr);
  }
  const auto meter = meter_of(link, to);
  if (!meter)
    return meter.error();
  return std::make_unique<lane_sender>(
      lane_sender::settings{.name = link.name,
                            .link = lane.link,
                            .lane = lane.copy,
                            .route_step = lane.route_step,
                            .queue = link.send_queue,
                            .codec = names_of(link.codecs),
                            .encoded_bytes = value_number(link_value::encoded_bytes),
                            .meter = *meter,
                            .max_frame = largest_body(link),
                            .impair = *std::move(impair),
                            .planned_delay = planned},
      context_, std::move(*channel), std::move(codecs));
}

result<psnr_meter*> node_graph::meter_of(const link_config& l, sender_part& part) {
  if (!l.psnr || l.codecs.empty() || part.meter || around_.rehearsal)
    return part.meter.get();
  auto decoder = make_codec(l, 0);
  if (!decoder)
    return with_key({codec_key(l), std::move(decoder).error()});
  part.meter = std::make_unique<psnr_meter>(l.name, value_number(link_value::psnr), context_,
                                            std::move(*decoder));
  return part.meter.get();
}

} // namespace peernet

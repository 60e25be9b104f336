// SPDX-License-Identifier: MIT
#include "actors/link_forecast.hpp"

#include "runtime/core/units.hpp"
#include "transports/udp/udp_datagram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace peernet {

namespace {

/// Shares of datagrams that get lost, for which is told what becomes of samples.
constexpr double small_loss = 0.001, large_loss = 0.01;

template <class Configs>
auto find_named(const Configs& all, const std::string& name) {
  const auto found = std::ranges::find_if(all, [&](const auto& c) { return c.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string size_text(std::size_t bytes) {
  return show_size(static_cast<double>(bytes));
}

class forecaster {
public:
  forecaster(const scenario& s, const memory_grant& granted) : s_(s), granted_(granted) {}

  [[nodiscard]] std::string about(const link_config& l) const {
    channel_settings settings;
    settings.own = l.transport_settings;
    if (const auto* most = l.transport_settings.find<std::int64_t>("max-sample"))
      settings.max_frame = static_cast<std::size_t>(*most);
    const auto options = udp_options::of(settings);
    const udp_cut cut{options.datagram, may_leave(l)};
    const auto known = l.codecs.empty() ? output_of(l.from) : std::nullopt;
    const auto body = std::min(known.value_or(options.max_sample), options.max_sample);
    const auto parts = cut.parts(body);
    const auto whole = [&](double loss) {
      return 100 * std::pow(1 - loss, static_cast<double>(parts));
    };
    auto text = fmt::format(
        "  {}: {} {} = {} {} of at most {}; of {} % lost datagrams {:.1f} % of these samples stay "
        "whole, of {} % {:.1f} %\n",
        l.name, known ? "up to" : "sizes are not known before a run; the largest allowed,",
        size_text(body), parts, parts == 1 ? "datagram" : "datagrams", size_text(cut.datagram),
        small_loss * 100, whole(small_loss), large_loss * 100, whole(large_loss));
    const auto needed = udp_buffer(cut, options.max_sample, 1);
    if (const auto got = is_here(l.to) ? granted_(needed) : needed; got < needed)
      text += fmt::format("  warning: {}: the kernel gives a socket {} to receive with, and a "
                          "sample of {} (max-sample) needs {}: what does not fit is lost; sysctl "
                          "-w net.core.rmem_max={}, or a lower max-sample\n",
                          l.name, size_text(got), size_text(options.max_sample), size_text(needed),
                          needed);
    return text;
  }

private:
  /// Bytes of the largest output of a stage; nothing if it is not known before a run.
  [[nodiscard]] std::optional<std::size_t> output_of(const std::string& stage) const {
    const auto bytes = [](std::int64_t n) { return std::optional(static_cast<std::size_t>(n)); };
    if (const auto* sensor = find_named(s_.sensors, stage)) {
      if (const auto* size = sensor->settings.find<int_range>("size"))
        return bytes(size->max);
      if (sensor->type == "synthetic-image")
        return bytes(sensor->settings.get<std::int64_t>("width") *
                     sensor->settings.get<std::int64_t>("height") *
                     sensor->settings.get<std::int64_t>("channels"));
    }
    const auto* model = find_named(s_.inference, stage);
    if (model && model->type == "dummy")
      return bytes(model->settings.get<std::int64_t>("output"));
    if (!model || model->type != "echo")
      return std::nullopt;
    std::size_t most = 0;
    for (const auto& l : s_.links)
      if (l.to == stage) {
        const auto one = output_of(l.from);
        if (!one)
          return std::nullopt;
        most = std::max(most, *one);
      }
    return most;
  }

  [[nodiscard]] const node_config* node_of(const std::string& stage) const {
    const auto* sensor = find_named(s_.sensors, stage);
    const auto* model = find_named(s_.inference, stage);
    const auto* sink = find_named(s_.sinks, stage);
    return find_named(s_.nodes, sensor  ? sensor->node
                                : model ? model->node
                                : sink  ? sink->node
                                        : std::string{});
  }
  [[nodiscard]] bool is_here(const std::string& stage) const {
    const auto* node = node_of(stage);
    return node && node->start == node_start::child;
  }
  /// Then datagrams are sealed, and carry less.
  [[nodiscard]] bool may_leave(const link_config& l) const {
    return !l.network.empty() || !is_here(l.from) || !is_here(l.to);
  }

  const scenario& s_;
  const memory_grant& granted_;
};

} // namespace

std::string forecast_udp(const scenario& s, const plan& whole, const memory_grant& granted) {
  std::string text;
  const forecaster f(s, granted);
  for (const auto& l : s.links) {
    const auto crosses = std::ranges::any_of(whole.lanes, [&](const plan_lane& lane) {
      return !lane.local && whole.places[lane.link].name == l.name;
    });
    if (l.transport == "udp" && crosses)
      text += f.about(l);
  }
  return text.empty() ? text : "\nover udp\n" + text;
}

} // namespace peernet

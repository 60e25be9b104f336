// SPDX-License-Identifier: MIT
#include "runtime/config/writer.hpp"

#include "runtime/config/impair_reader.hpp"
#include "runtime/config/words.hpp"
#include "runtime/core/units.hpp"

#include <algorithm>
#include <type_traits>

namespace peernet {

namespace {

/// Builds TOML text, line by line. Every value is printed by its type.
class toml_text {
public:
  void section(const std::string& path) { text_ += (text_.empty() ? "[" : "\n[") + path + "]\n"; }
  void raw(std::string_view key, const std::string& value) {
    text_ += std::string(key) + " = " + value + "\n";
  }
  void put(std::string_view key, const std::string& value) { raw(key, quoted(value)); }
  void put(std::string_view key, std::string_view value) { raw(key, quoted(value)); }
  void put(std::string_view key, duration value) { raw(key, quoted(print_duration(value))); }
  template <class Integer>
  requires std::is_integral_v<Integer>
  void put(std::string_view key, Integer value) {
    if constexpr (std::is_same_v<Integer, bool>)
      raw(key, value ? "true" : "false");
    else
      raw(key, std::to_string(value));
  }
  void put(std::string_view key, const queue_config& q) {
    raw(key, "{ size = " + std::to_string(q.size) + ", policy = " + quoted(word(q.policy)) + " }");
  }
  void put(const options& settings, const catalogue_entry& type) {
    for (const auto& def : type.options)
      if (settings.has(def.name))
        raw(def.name, print_value(def, settings.all().at(def.name)));
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

private:
  std::string text_;
};

const catalogue_entry& type_of(const catalogue& known, plugin_kind kind, const std::string& name) {
  static const catalogue_entry none;
  const auto* found = known.find(kind, name);
  return found ? *found : none;
}

/// A type with its own keys.
std::string inline_typed(const std::string& type, const options& settings,
                         const catalogue_entry& known) {
  std::string text = "{ type = " + quoted(type);
  for (const auto& def : known.options)
    if (settings.has(def.name))
      text += ", " + def.name + " = " + print_value(def, settings.all().at(def.name));
  return text + " }";
}

/// As short as it can be said: a name alone where there are no keys, a list only of several.
std::string inline_codecs(const std::vector<codec_config>& codecs, const catalogue& known) {
  std::string text;
  for (const auto& c : codecs) {
    const auto& type = type_of(known, plugin_kind::codec, c.type);
    text += (text.empty() ? "" : ", ") +
            (type.options.empty() ? quoted(c.type) : inline_typed(c.type, c.settings, type));
  }
  return codecs.empty() ? quoted("raw") : codecs.size() == 1 ? text : "[" + text + "]";
}

std::string inline_clock(const clock_error& c) {
  const auto text = [](duration d) { return quoted(print_duration(d)); };
  auto table = "{ offset = " + text(c.offset) + ", drift = " + quoted(print_ppm(c.drift_ppm));
  if (c.step)
    table += ", step = { at = " + text(c.step->at) + ", by = " + text(c.step->by) + " }";
  if (c.wander)
    table += ", wander = { amplitude = " + text(c.wander->amplitude) +
             ", period = " + text(c.wander->period) + " }";
  return table + " }";
}

void write_node(toml_text& out, const node_config& n) {
  out.section("nodes." + n.name);
  out.put("start", word(n.start));
  if (!n.host.empty())
    out.put("host", n.host);
  if (!n.addresses.empty()) {
    std::string table;
    for (const auto& [network, address] : n.addresses)
      table += (table.empty() ? "{ " : ", ") + network + " = " + quoted(address);
    out.raw("addresses", table + " }");
  }
  out.put("on-loss", word(n.on_loss));
  if (!n.test_clock.none())
    out.raw("test-clock", inline_clock(n.test_clock));
}

void write_sensor(toml_text& out, const sensor_config& c, const catalogue& known) {
  out.section("sensors." + c.name);
  out.put("node", c.node);
  out.put("type", c.type);
  out.put(c.settings, type_of(known, plugin_kind::sensor, c.type));
  out.put("arrival", word(c.arrival));
  if (c.arrival == arrival::closed_loop) {
    out.put("in-flight", c.in_flight);
    out.put("timeout", c.timeout);
  } else {
    out.put("rate", print_rate(c.rate_hz));
    out.put("max-lag", c.max_lag);
    if (c.arrival == arrival::periodic)
      out.put("phase", word(c.phase));
  }
  out.put("count", c.count);
}

void write_link(toml_text& out, const link_config& l, const catalogue& known) {
  out.section("links." + l.name);
  out.put("from", l.from);
  out.put("to", l.to);
  const auto& transport = type_of(known, plugin_kind::transport, l.transport);
  out.raw("transport", transport.options.empty()
                           ? quoted(l.transport)
                           : inline_typed(l.transport, l.transport_settings, transport));
  if (!l.network.empty())
    out.put("network", l.network);
  out.raw("codec", inline_codecs(l.codecs, known));
  out.put("psnr", l.psnr);
  out.put("send-queue", l.send_queue);
  if (l.impair)
    out.raw("impair", print_impairment(*l.impair));
  out.put("pair", l.pair);
  out.put("force", l.force);
}

void write_expectations(toml_text& out, const std::vector<expectation>& all) {
  if (!all.empty())
    out.section("expect.metrics");
  for (auto first = all.begin(); first != all.end();) {
    const auto last =
        std::find_if(first, all.end(), [&](const auto& e) { return e.metric != first->metric; });
    std::string list;
    for (auto e = first; e != last; ++e)
      list += (list.empty() ? "[" : ", ") + quoted(e->condition);
    out.raw(quoted(first->metric), list + "]");
    first = last;
  }
}

} // namespace

std::string write_scenario(const scenario& s, const catalogue& known) {
  toml_text out;
  out.section("scenario");
  out.put("name", s.name);
  if (!s.description.empty())
    out.put("description", s.description);
  if (s.run_for)
    out.put("duration", *s.run_for);
  if (s.samples)
    out.put("samples", *s.samples);
  out.put("warmup", s.warmup);
  out.put("drain", s.drain);
  out.put("seed", s.seed);
  out.section("clock");
  out.put("interval", s.clocks.interval);
  if (s.clocks.max_bound)
    out.put("max-bound", *s.clocks.max_bound);
  out.put("method", word(s.clocks.method));
  for (const auto& n : s.nodes)
    write_node(out, n);
  for (const auto& c : s.sensors)
    write_sensor(out, c, known);
  for (const auto& c : s.inference) {
    out.section("inference." + c.name);
    out.put("node", c.node);
    out.put("model", c.type);
    out.put(c.settings, type_of(known, plugin_kind::model, c.type));
    out.put("queue", c.queue);
    out.put("count", c.count);
    out.put("dispatch", word(c.dispatch));
  }
  for (const auto& c : s.sinks) {
    out.section("sinks." + c.name);
    out.put("node", c.node);
    out.put("type", c.type);
    out.put(c.settings, type_of(known, plugin_kind::sink, c.type));
    out.put("queue", c.queue);
    out.put("count", c.count);
  }
  for (const auto& l : s.links)
    write_link(out, l, known);
  write_expectations(out, s.expectations);
  return out.take();
}

} // namespace peernet

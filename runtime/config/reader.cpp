// SPDX-License-Identifier: MIT
// What the keys of a scenario mean. What they mean together is checked in validate.cpp.
#include "runtime/config/reader.hpp"

#include "runtime/config/clock_reader.hpp"
#include "runtime/config/codec_reader.hpp"
#include "runtime/config/fields.hpp"
#include "runtime/config/hosts_file.hpp"
#include "runtime/config/impair_reader.hpp"
#include "runtime/config/limits.hpp"
#include "runtime/config/overrides.hpp"
#include "runtime/config/plan_queues.hpp"
#include "runtime/config/scenario_file.hpp"
#include "runtime/config/validate.hpp"
#include "runtime/config/writer.hpp"
#include "runtime/core/nearest.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

namespace peernet {

namespace {

using enum option_kind;

class scenario_reader {
public:
  scenario_reader(scenario& s, const catalogue& known, mistakes& wrong)
      : s_(s), known_(known), wrong_(wrong) {}

  void read(const document_table& root);

private:
  using section = void (scenario_reader::*)(const document_entry&);

  void read_scenario(const document_entry& e);
  void read_clock(const document_entry& e);
  void read_expect(const document_entry& e);
  void read_metric(fields& f, const document_entry& e);
  void read_node(fields f, node_config n);
  void read_sensor(fields f, sensor_config c);
  void read_inference(fields f, inference_config c);
  void read_sink(fields f, sink_config c);
  void read_link(fields f, link_config l);

  /// Every [section.NAME] by `read`, with a config that has its name and place.
  template <class Config, void (scenario_reader::*read)(fields, Config)>
  void read_entries(const document_entry& e);

  void read_stage(fields& f, stage_config& c);
  void read_queue(fields& f, std::string_view key, queue_config& q);
  /// `key` is the name of a type, or a table with its name in "type" and its own keys.
  void read_typed(fields& f, std::string_view key, plugin_kind kind, std::string_view form,
                  std::string& type, options& settings);
  void read_end(fields& f, std::string_view key, std::string& stage);

  scenario& s_;
  const catalogue& known_;
  mistakes& wrong_;
};

template <class Config, void (scenario_reader::*read)(fields, Config)>
void scenario_reader::read_entries(const document_entry& e) {
  const auto* table = table_of(e, e.key, "[" + e.key + ".NAME] for each", wrong_);
  if (!table)
    return;
  for (const auto& entry : table->entries) {
    const auto path = e.key + "." + entry.key;
    if (const auto* keys = table_of(entry, path, "[" + path + "]", wrong_)) {
      Config config;
      config.name = entry.key;
      config.where = entry.where.where;
      (this->*read)(fields(*keys, path, entry.where, wrong_), std::move(config));
    }
  }
}

void scenario_reader::read(const document_table& root) {
  static constexpr std::array<std::pair<const char*, section>, 8> sections{{
      {"scenario", &scenario_reader::read_scenario},
      {"clock", &scenario_reader::read_clock},
      {"nodes", &scenario_reader::read_entries<node_config, &scenario_reader::read_node>},
      {"sensors", &scenario_reader::read_entries<sensor_config, &scenario_reader::read_sensor>},
      {"inference",
       &scenario_reader::read_entries<inference_config, &scenario_reader::read_inference>},
      {"sinks", &scenario_reader::read_entries<sink_config, &scenario_reader::read_sink>},
      {"links", &scenario_reader::read_entries<link_config, &scenario_reader::read_link>},
      {"expect", &scenario_reader::read_expect},
  }};
  std::vector<std::string> names;
  for (const auto& [name, unused] : sections)
    names.emplace_back(name);
  bool seen = false;
  for (const auto& entry : root.entries) {
    auto meant = entry.key;
    if (std::find(names.begin(), names.end(), meant) == names.end()) {
      wrong_.add(entry.where, "unknown table [" + entry.key + "]" + wrong_.hint(entry.key, names));
      if (entry.where.source == 0) // one slip in the file shall not make its stages unknown too
        meant = nearest_name(entry.key, names);
    }
    for (const auto& [name, read] : sections)
      if (meant == name)
        (this->*read)(entry);
    seen = seen || meant == "scenario";
  }
  if (!seen)
    wrong_.add({{1, 1}, 0}, "the table [scenario] is missing; it says how long to run, for example "
                            "duration = \"10s\"");
}

void scenario_reader::read_scenario(const document_entry& e) {
  const auto* table = table_of(e, e.key, "[scenario]", wrong_);
  if (!table)
    return;
  fields f(*table, e.key, e.where, wrong_);
  f.read<std::string>({.name = "name"}, s_.name);
  f.read<std::string>({.name = "description"}, s_.description);
  const option_def run_for{
      .name = "duration", .kind = time_span, .min = 0, .max = longest_run_ns, .above_min = true};
  const option_def samples{.name = "samples", .kind = integer, .min = 1, .max = most_samples};
  s_.run_for = f.take<duration>(run_for);
  if (const auto n = f.take<std::int64_t>(samples))
    s_.samples = static_cast<std::uint64_t>(*n);
  const bool has_duration = table->find("duration"), has_samples = table->find("samples");
  if (has_duration && has_samples)
    f.complain("samples", "the run ends by `duration` or by `samples`, not by both; leave one out");
  if (!has_duration && !has_samples)
    wrong_.add(e.where, "[scenario] does not say when the run ends: add duration = \"10s\", or "
                        "samples = 300");
  f.read<duration>({.name = "warmup", .kind = time_span, .min = 0}, s_.warmup);
  f.read<duration>({.name = "drain", .kind = time_span, .min = 0, .max = longest_wait_ns},
                   s_.drain);
  f.read<std::int64_t>({.name = "seed", .kind = integer, .min = 0}, s_.seed);
  f.finish();
}

void scenario_reader::read_clock(const document_entry& e) {
  if (const auto* table = table_of(e, e.key, "[clock]", wrong_))
    read_clock_settings(fields(*table, e.key, e.where, wrong_), s_.clocks);
}

void scenario_reader::read_node(fields f, node_config n) {
  f.read<std::string>({.name = "host"}, n.host);
  n.start = n.host.empty() ? node_start::child : node_start::daemon;
  f.read_word("start", n.start);
  f.read_word("on-loss", n.on_loss);
  if (auto addresses = f.inner("addresses", "{ lan = \"10.0.0.5\" }")) {
    for (const auto& entry : addresses->table().entries)
      addresses->read<std::string>({.name = entry.key}, n.addresses[entry.key]);
  }
  if (auto clock = f.inner("test-clock", "{ offset = \"250ms\", drift = \"40ppm\" }"))
    read_test_clock(*std::move(clock), n.test_clock);
  f.finish();
  s_.nodes.push_back(std::move(n));
}

void scenario_reader::read_stage(fields& f, stage_config& c) {
  f.read<std::string>({.name = "node", .doc = "the node it runs on", .required = true}, c.node);
  f.read<std::int64_t>({.name = "count", .kind = integer, .min = 1, .max = most_copies}, c.count);
}

void scenario_reader::read_sensor(fields f, sensor_config c) {
  read_stage(f, c);
  f.read_options(f.read_type(known_, plugin_kind::sensor, "type", c.type), c.settings);
  const bool told = f.read_word("arrival", c.arrival);
  const bool rate = f.read<double>(
      {.name = "rate", .kind = option_kind::rate, .min = lowest_rate_hz, .max = highest_rate_hz},
      c.rate_hz);
  const option_def lag{
      .name = "max-lag", .kind = time_span, .min = 0, .max = longest_wait_ns, .above_min = true};
  if (!f.read<duration>(lag, c.max_lag) && c.rate_hz > 0)
    c.max_lag = from_seconds(1 / c.rate_hz);
  f.read_word("phase", c.phase);
  f.read<std::int64_t>({.name = "in-flight", .kind = integer, .min = 1, .max = most_in_flight},
                       c.in_flight);
  f.read<duration>(
      {.name = "timeout", .kind = time_span, .min = 0, .max = longest_wait_ns, .above_min = true},
      c.timeout);
  const bool closed = c.arrival == arrival::closed_loop;
  if (f.table().find("phase") && c.arrival != arrival::periodic)
    f.complain("phase", "only copies that fire at fixed times have one; leave it out, or set "
                        "arrival = \"periodic\"");
  for (const auto* key : {"rate", "max-lag"})
    if (told && closed && f.table().find(key))
      f.complain(key, "a closed loop has none: it fires when an earlier sample has ended; leave "
                      "it out, or set arrival = \"periodic\"");
  for (const auto* key : {"in-flight", "timeout"})
    if (told && !closed && f.table().find(key))
      f.complain(key, "only a closed loop has one; leave it out, or set arrival = \"closed-loop\"");
  if (told && !closed && !rate)
    f.complain("rate", "is missing: how often it fires, for example \"10Hz\"; only arrival = "
                       "\"closed-loop\" goes without");
  f.finish();
  s_.sensors.push_back(std::move(c));
}

void scenario_reader::read_inference(fields f, inference_config c) {
  read_stage(f, c);
  f.read_options(f.read_type(known_, plugin_kind::model, "model", c.type), c.settings);
  read_queue(f, "queue", c.queue);
  f.read_word("dispatch", c.dispatch);
  f.finish();
  s_.inference.push_back(std::move(c));
}

void scenario_reader::read_sink(fields f, sink_config c) {
  read_stage(f, c);
  c.type = "discard";
  f.read_options(f.read_type(known_, plugin_kind::sink, "type", c.type), c.settings);
  read_queue(f, "queue", c.queue);
  f.finish();
  s_.sinks.push_back(std::move(c));
}

void scenario_reader::read_queue(fields& f, std::string_view key, queue_config& q) {
  if (auto queue = f.inner(key, "{ size = 8, policy = \"drop-oldest\" }")) {
    queue->read<std::int64_t>({.name = "size", .kind = integer, .min = 1, .max = longest_queue},
                              q.size);
    queue->read_word("policy", q.policy);
    queue->finish();
  }
}

void scenario_reader::read_typed(fields& f, std::string_view key, plugin_kind kind,
                                 std::string_view form, std::string& type, options& settings) {
  static const document_table no_keys;
  const auto* entry = f.take(key);
  if (!entry || entry->value.as<std::string>()) {
    fields keys(no_keys, f.path(key), entry ? entry->value.where : f.where(), wrong_);
    keys.read_options(f.read_type(known_, kind, key, type), settings);
  } else if (auto keys = f.inner(key, form)) {
    type.clear();
    keys->read_options(keys->read_type(known_, kind, "type", type), settings);
    keys->finish();
  }
}

void scenario_reader::read_end(fields& f, std::string_view key, std::string& stage) {
  const auto* entry = f.take(key);
  if (entry && entry->value.as<document_list>())
    f.complain(key, key == "from" ? "joining several inputs into one is not supported: write one "
                                    "link for each; links that meet at a stage merge, and each "
                                    "arrival is processed by itself"
                                  : "a link has one end: write one link for each; every link out "
                                    "of a stage gets each output");
  else
    f.read<std::string>({.name = std::string(key), .doc = "the name of a stage", .required = true},
                        stage);
}

void scenario_reader::read_link(fields f, link_config l) {
  read_end(f, "from", l.from);
  read_end(f, "to", l.to);
  read_typed(f, "transport", plugin_kind::transport,
             "{ type = \"udp\", pace = \"100Mbit\" }, or a name", l.transport,
             l.transport_settings);
  f.read<std::string>({.name = "network"}, l.network);
  read_codecs(f, known_, l.codecs, wrong_);
  f.read<bool>({.name = "psnr", .kind = flag}, l.psnr);
  read_queue(f, "send-queue", l.send_queue);
  if (auto impair = f.inner("impair", "{ delay = \"20ms\", loss = \"1%\" }"))
    l.impair = read_impairment(*std::move(impair));
  f.read<bool>({.name = "pair", .kind = flag}, l.pair);
  f.read<bool>({.name = "force", .kind = flag}, l.force);
  f.finish();
  s_.links.push_back(std::move(l));
}

void scenario_reader::read_metric(fields& f, const document_entry& e) {
  if (const auto* inside = e.value.as<document_table>(); inside && !inside->entries.empty())
    return f.complain(e.key, "a metric stands in quotes: \"" + e.key + "." +
                                 inside->entries.front().key + "\" = [\"…\"]");
  const auto conditions = f.take<std::vector<std::string>>({.name = e.key, .kind = texts});
  if (!conditions)
    return;
  const auto* list = e.value.as<document_list>();
  for (std::size_t i = 0; i < conditions->size(); ++i)
    s_.expectations.push_back({.metric = e.key,
                               .condition = (*conditions)[i],
                               .metric_at = e.where,
                               .condition_at = list ? (*list)[i].where : e.value.where});
}

void scenario_reader::read_expect(const document_entry& e) {
  const auto* table = table_of(e, e.key, "[expect.metrics]", wrong_);
  if (!table)
    return;
  fields f(*table, e.key, e.where, wrong_);
  if (auto metrics = f.inner("metrics", "[expect.metrics]"))
    for (const auto& entry : metrics->table().entries)
      read_metric(*metrics, entry);
  f.finish();
}

/// Notes the place of every key: of values where they stand, of tables where they are named.
void note_places(const document_table& table, const std::string& around, sources& places) {
  for (const auto& entry : table.entries) {
    const auto path = around.empty() ? entry.key : around + "." + entry.key;
    const auto* inside = entry.value.as<document_table>();
    places.note(path, inside ? entry.where : entry.value.where);
    if (inside)
      note_places(*inside, path, places);
  }
}

/// The file's name without folder and ending, as a name: "My Robot.toml" → "my-robot".
std::string name_from(const std::string& file) {
  std::string name;
  for (const char c : std::filesystem::path(file).stem().string())
    if (c >= 'a' && c <= 'z')
      name += c;
    else if (c >= 'A' && c <= 'Z')
      name += static_cast<char>(c - 'A' + 'a');
    else if (!name.empty())
      name += c >= '0' && c <= '9' ? c : '-';
  while (name.ends_with('-'))
    name.pop_back();
  return name.empty() ? "scenario" : name;
}

} // namespace

reading read_scenario_text(std::string_view text, std::string file, std::string directory,
                           std::span<const std::string> overrides, const catalogue& known,
                           const reading_options& settings) {
  reading r{.places = sources(file)};
  const auto refuse = [&](const syntax_error& e) {
    r.errors.push_back({e.where, file, e.message});
    return std::move(r);
  };
  if (const auto bad = check_text(text))
    return refuse(*bad);
  auto parsed = parse_document(text, 0);
  if (const auto* bad = std::get_if<syntax_error>(&parsed))
    return refuse(*bad);
  auto& root = std::get<document_table>(parsed);

  mistakes wrong(r.places);
  std::optional<hosts_file> hosts;
  if (!settings.hosts.empty()) {
    hosts = hosts_file::read(settings.hosts, r.places, wrong);
    if (!hosts) { // what it would have said is missing everywhere
      r.errors = wrong.list();
      return r;
    }
    hosts->place_nodes(root);
    r.unused_hosts = hosts->unused(root);
  }
  apply_overrides(root, overrides, r.places, wrong);
  settle_starts(root, hosts ? hosts->source() : 0);
  note_places(root, {}, r.places);
  r.scenario.name = name_from(file);
  r.scenario.file = std::move(file);
  r.scenario.directory = std::move(directory);
  scenario_reader(r.scenario, known, wrong).read(root);
  validate(r.scenario, known, wrong, settings.look_for_files);
  r.errors = wrong.list();
  if (r.ok()) {
    fit_queues(r.scenario, r.places);
    r.resolved = write_scenario(r.scenario, known);
  }
  return r;
}

reading read_scenario_file(const std::string& path, std::span<const std::string> overrides,
                           const catalogue& known, const reading_options& settings) {
  auto text = load_small_text(path);
  if (!text) {
    reading r{.places = sources(path)};
    r.errors.push_back({{}, path, text.error().message});
    return r;
  }
  std::error_code ignored; // without a current folder, paths stay as they are
  auto folder = std::filesystem::absolute(path, ignored).parent_path();
  return read_scenario_text(*text, path, folder.string(), overrides, known, settings);
}

} // namespace peernet

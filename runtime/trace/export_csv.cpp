// SPDX-License-Identifier: MIT
#include "runtime/trace/export.hpp"
#include "runtime/trace/joined_trace.hpp"
#include "runtime/trace/settle.hpp"
#include "runtime/trace/text_file.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace peernet {

namespace {

using column_key = std::pair<route_id, std::uint16_t>; // first route of the place, step

/// RFC 4180: quotes around a field that needs them, doubled inside.
std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos)
    return field;
  std::string text = "\"";
  for (const char c : field)
    text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

bool carries(std::uint16_t what) {
  switch (static_cast<step>(what)) {
  case step::encode:
  case step::send_queue:
  case step::emulate:
  case step::link:
  case step::wake:
  case step::dispatch:
  case step::queue:
  case step::decode:
    return true;
  default:
    return false;
  }
}

/// A sum that is empty until something is added.
struct figure {
  std::optional<double> value;
  void add(double x) { value = value.value_or(0) + x; }
};

class table {
public:
  table(const run_context& context, text_file& out) : context_(context), out_(out) {
    std::vector<route_id> first(context.shape.places.size(), no_route);
    for (route_id r = 0; r < context.shape.routes.size(); ++r)
      first[context.shape.routes[r].place] = std::min(first[context.shape.routes[r].place], r);
    column_of_.resize(context.origins.size());
    std::map<column_key, std::size_t> columns;
    for (const auto& o : context.origins)
      if (o.kind == record_kind::span)
        columns.try_emplace({first[context.shape.routes[o.route].place], o.what}, 0);
    for (std::size_t i = 0; auto& [key, number] : columns) {
      number = i++;
      names_.push_back(
          quoted(context.place_of(key.first).name + "." + context.step_name(key.second)));
    }
    uncertain_.resize(names_.size());
    for (std::size_t i = 0; i < context.origins.size(); ++i)
      if (const auto& o = context.origins[i]; o.kind == record_kind::span) {
        column_of_[i] = columns.at({first[context.shape.routes[o.route].place], o.what});
        uncertain_[column_of_[i]] = uncertain_[column_of_[i]] || o.begin_clock != reference_clock ||
                                    o.end_clock != reference_clock;
      }
  }

  void header() {
    out_.write("iteration,sensing,upload,preprocessing,inference,postprocessing,download,"
               "upload-bytes,download-bytes,upload-throughput,download-throughput,"
               "trace,sensor,sensor-copy,sink,sink-copy,outcome,place,warmup,end-to-end");
    for (const auto& n : names_)
      out_.print(",{}", n);
    // How sure the figures are that other clocks than the reference measured; behind, where they
    // disturb nobody.
    out_.write(",end-to-end.bound");
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (uncertain_[i])
        out_.print(",{}.bound", names_[i]);
    out_.write("\n");
  }

  void row(const joined_trace& t, const ending& e) {
    const auto& sink = context_.tree.sinks()[e.sink];
    const auto& sensor = context_.shape.routes[context_.shape.sensors[t.id.sensor()]];
    const auto f = figures_of(t, e);
    out_.print("{}", t.id.seq());
    for (const auto* x :
         {&f.sensing, &f.upload, &f.preprocess, &f.infer, &f.postprocess, &f.download})
      seconds(x->value);
    count(f.upload_bytes.value);
    count(f.download_bytes.value);
    throughput(f.upload_bytes.value, f.upload.value);
    throughput(f.download_bytes.value, f.download.value);
    out_.print(",{},{},{},{},{},{},{},{}", t.id.number(),
               quoted(context_.shape.places[sensor.place].name), sensor.copy,
               quoted(context_.shape.places[sink.place].name), sink.copy, to_string(e.outcome),
               quoted(context_.shape.places[e.place].name), t.warmup ? 1 : 0);
    const auto whole = end_to_end(t, e);
    seconds(whole ? std::optional(in_seconds(whole->ns)) : std::nullopt);
    for (const auto& c : cells_)
      seconds(c ? std::optional(c->seconds) : std::nullopt);
    seconds(whole ? std::optional(in_seconds(whole->bound)) : std::nullopt);
    for (std::size_t i = 0; i < cells_.size(); ++i)
      if (uncertain_[i])
        seconds(cells_[i] ? std::optional(cells_[i]->bound) : std::nullopt);
    out_.write("\n");
  }

private:
  struct row_figures {
    figure sensing, upload, preprocess, infer, postprocess, download;
    figure upload_bytes, download_bytes;
  };

  struct cell {
    double seconds = 0;
    double bound = 0; ///< seconds
    std::uint16_t what = 0;
    route_id route = 0;
  };

  static double in_seconds(std::int64_t ns) { return static_cast<double>(ns) * 1e-9; }

  void seconds(const std::optional<double>& s) {
    if (s)
      out_.print(",{:.9f}", *s);
    else
      out_.write(",");
  }
  void count(const std::optional<double>& n) {
    if (n)
      out_.print(",{:.0f}", *n);
    else
      out_.write(",");
  }
  void throughput(const std::optional<double>& bytes, const std::optional<double>& s) {
    if (bytes && s && *s > 0)
      out_.print(",{:.0f}", *bytes * 8 / *s);
    else
      out_.write(",");
  }

  [[nodiscard]] std::optional<mapped_ns> end_to_end(const joined_trace& t, const ending& e) const {
    if (!e.arrival || !t.sample)
      return std::nullopt;
    return context_.clocks.between(t.sample->clock, t.sample->intended_ns,
                                   context_.origins[e.arrival->origin].begin_clock,
                                   e.arrival->at_ns);
  }

  /// The last inference on the way; nothing: there is none.
  [[nodiscard]] std::optional<route_id> last_inference(route_id whole) const {
    for (auto r = whole; r != no_route; r = context_.shape.routes[r].parent)
      if (context_.place_of(r).kind == place_kind::inference)
        return r;
    return std::nullopt;
  }

  row_figures figures_of(const joined_trace& t, const ending& e) {
    // A stage may emit several outputs; the one that arrived is the row's, where they differ.
    const auto wanted = e.arrival ? e.arrival->output : 0;
    cells_.assign(names_.size(), std::nullopt);
    for (const auto& s : t.spans) {
      const auto& o = context_.origins[s.origin];
      if (!context_.tree.leads_to(o.route, e.route))
        continue;
      auto& c = cells_[column_of_[s.origin]];
      const auto length = context_.clocks.between(o.begin_clock, s.begin_ns, o.end_clock, s.end_ns);
      if (length && (!c || s.output == wanted))
        c = cell{.seconds = in_seconds(length->ns),
                 .bound = in_seconds(length->bound),
                 .what = o.what,
                 .route = o.route};
    }

    row_figures f;
    const auto turn = last_inference(e.route);
    const auto goes_up = [&](route_id r) { return !turn || r <= *turn; };
    for (const auto& c : cells_) {
      if (!c)
        continue;
      if (carries(c->what))
        (goes_up(c->route) ? f.upload : f.download).add(c->seconds);
      else if (c->what == static_cast<int>(step::sense))
        f.sensing.add(c->seconds);
      else if (c->what == static_cast<int>(step::preprocess))
        f.preprocess.add(c->seconds);
      else if (c->what == static_cast<int>(step::infer))
        f.infer.add(c->seconds);
      else if (c->what == static_cast<int>(step::postprocess))
        f.postprocess.add(c->seconds);
    }
    std::map<route_id, joined_trace::sent_fact> frames; // one a link
    for (const auto& s : t.sent) {
      const auto lane = context_.origins[s.origin].route;
      if (context_.tree.leads_to(lane, e.route) && (!frames.contains(lane) || s.output == wanted))
        frames[lane] = s;
    }
    for (const auto& [lane, s] : frames)
      (goes_up(lane) ? f.upload_bytes : f.download_bytes).add(static_cast<double>(s.bytes));
    return f;
  }

  const run_context& context_;
  text_file& out_;
  std::vector<std::string> names_;
  std::vector<bool>
      uncertain_; // index: name; some of its spans need other clocks than the reference
  std::vector<std::size_t> column_of_; // index: origin
  std::vector<std::optional<cell>> cells_;
};

} // namespace

result<void> export_csv(store& s, const std::filesystem::path& file) {
  const auto context = run_context::load(s);
  if (!context)
    return context.error();
  text_file out(file);
  table rows(**context, out);
  rows.header();
  const settler rules(**context);
  trace_reader traces(s, **context);
  joined_trace t;
  std::vector<ending> endings;
  while (traces.next(t)) {
    rules.settle(t, endings);
    for (const auto& e : endings)
      rows.row(t, e);
  }
  if (auto done = s.database().check(); !done)
    return done;
  return out.close();
}

} // namespace peernet

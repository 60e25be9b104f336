// SPDX-License-Identifier: MIT
#include "runtime/trace/summary.hpp"

#include "runtime/trace/books.hpp"
#include "runtime/trace/joined_trace.hpp"
#include "runtime/trace/settle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

namespace peernet {

namespace {

/// Steps that are no part of the way from the intended time to the end.
bool beside_the_way(std::uint16_t what) {
  return what == static_cast<std::uint16_t>(step::notice);
}

/// Gathers durations while traces pass by.
class gatherer {
public:
  explicit gatherer(const run_context& context)
      : context_(context), row_of_(context.origins.size(), none) {}

  void add(const joined_trace& t, const std::vector<ending>& endings) {
    extent(t);
    if (t.warmup)
      return;
    steps(t);
    for (const auto& e : endings)
      if (e.arrival && t.sample)
        path(t, e);
  }

  void write(run_summary& s) {
    s.begin_ns = begin_.value_or(0);
    s.length = duration{begin_ && end_ ? std::max<std::int64_t>(*end_ - *begin_, 0) : 0};
    std::sort(steps_.begin(), steps_.end(), [](const step_sum& a, const step_sum& b) {
      return std::tuple(a.route, a.mean_begin(), a.what) <
             std::tuple(b.route, b.mean_begin(), b.what);
    });
    for (auto& g : steps_)
      s.steps.push_back({.place = context_.shape.places[g.place].name,
                         .step = context_.step_name(g.what),
                         .durations = distribution_of(g.durations),
                         .share = g.whole > 0 ? std::optional(g.part / g.whole) : std::nullopt,
                         .bound_ns = g.bound});
    for (auto& [name, g] : paths_)
      s.paths.push_back({.path = name,
                         .end_to_end = distribution_of(g.durations),
                         .bound_ns = g.bound,
                         .unexplained = g.whole > 0 ? 1 - g.part / g.whole : 0});
    if (unmapped_ > 0)
      s.problems.push_back(fmt::format(
          "{} durations cross to a clock without an estimate and are in no figure", unmapped_));
    if (impossible_ > 0)
      s.problems.push_back(
          fmt::format("{} durations are negative beyond their clock bound: a clock stepped or "
                      "drifted faster than assumed",
                      impossible_));
  }

private:
  static constexpr std::uint32_t none = 0xFFFF'FFFF;

  struct sum {
    std::vector<std::int64_t> durations;
    std::int64_t bound = 0;
    double part = 0;  // of the time of delivered samples: this step's, or all steps'
    double whole = 0; // their end-to-end time
  };
  struct step_sum : sum {
    place_id place = 0;
    std::uint16_t what = 0;
    route_id route = 0;        // the first, for the order of rows
    double begins = 0;         // after the intended time, summed
    std::uint64_t counted = 0; // begins in that sum
    std::uint64_t seen = 0;    // the last delivery this step was counted in

    [[nodiscard]] double mean_begin() const {
      return counted == 0 ? 0 : begins / static_cast<double>(counted);
    }
  };

  step_sum& row_of(std::uint32_t origin) {
    auto& row = row_of_[origin];
    if (row == none) {
      const auto& o = context_.origins[origin];
      const auto place = context_.shape.routes[o.route].place;
      const auto [it, is_new] =
          numbers_.try_emplace({place, o.what}, static_cast<std::uint32_t>(steps_.size()));
      row = it->second;
      if (is_new) {
        steps_.emplace_back();
        steps_.back().place = place;
        steps_.back().what = o.what;
        steps_.back().route = first_route_of(place);
      }
    }
    return steps_[row];
  }

  [[nodiscard]] route_id first_route_of(place_id place) const {
    route_id r = 0;
    while (context_.shape.routes[r].place != place)
      ++r;
    return r;
  }

  [[nodiscard]] std::optional<mapped_ns> length_of(const joined_trace::span_fact& s) const {
    const auto& o = context_.origins[s.origin];
    return context_.clocks.between(o.begin_clock, s.begin_ns, o.end_clock, s.end_ns);
  }

  void extent(const joined_trace& t) {
    if (t.sample)
      if (const auto at = context_.clocks.to_reference(t.sample->clock, t.sample->intended_ns)) {
        begin_ = begin_ ? std::min(*begin_, at->ns) : at->ns;
        end_ = end_ ? std::max(*end_, at->ns) : at->ns;
      }
    for (const auto& f : t.fates)
      if (const auto at =
              context_.clocks.to_reference(context_.origins[f.origin].begin_clock, f.at_ns))
        end_ = end_ ? std::max(*end_, at->ns) : at->ns;
  }

  void steps(const joined_trace& t) {
    const auto intended = t.sample
                              ? context_.clocks.to_reference(t.sample->clock, t.sample->intended_ns)
                              : std::nullopt;
    for (const auto& s : t.spans) {
      const auto length = length_of(s);
      if (!length) {
        ++unmapped_;
        continue;
      }
      impossible_ += length->ns + length->bound < 0 ? 1 : 0;
      auto& row = row_of(s.origin);
      row.durations.push_back(length->ns);
      row.bound = std::max(row.bound, length->bound);
      const auto begin =
          context_.clocks.to_reference(context_.origins[s.origin].begin_clock, s.begin_ns);
      if (begin && intended) {
        row.begins += static_cast<double>(begin->ns - intended->ns);
        ++row.counted;
      }
    }
  }

  void path(const joined_trace& t, const ending& e) {
    const auto& last = context_.origins[e.arrival->origin];
    const auto whole = context_.clocks.between(t.sample->clock, t.sample->intended_ns,
                                               last.begin_clock, e.arrival->at_ns);
    if (!whole) {
      ++unmapped_;
      return;
    }
    auto& p = paths_[path_name(e.route)];
    p.durations.push_back(whole->ns);
    p.bound = std::max(p.bound, whole->bound);
    p.whole += static_cast<double>(whole->ns);
    ++deliveries_;
    for (const auto& s : t.spans) {
      const auto& o = context_.origins[s.origin];
      if (beside_the_way(o.what) || !context_.tree.leads_to(o.route, e.route))
        continue;
      if (const auto length = length_of(s)) {
        auto& row = row_of(s.origin);
        row.part += static_cast<double>(length->ns);
        p.part += static_cast<double>(length->ns);
        if (row.seen != deliveries_)
          row.whole += static_cast<double>(whole->ns);
        row.seen = deliveries_;
      }
    }
  }

  const std::string& path_name(route_id route) {
    auto& name = path_names_[route];
    if (name.empty())
      name = context_.tree.path(route);
    return name;
  }

  const run_context& context_;
  std::vector<std::uint32_t> row_of_; // index: origin
  std::map<std::pair<place_id, std::uint16_t>, std::uint32_t> numbers_;
  std::vector<step_sum> steps_;
  std::map<std::string, sum> paths_;
  std::map<route_id, std::string> path_names_;
  std::optional<std::int64_t> begin_, end_;
  std::uint64_t deliveries_ = 0;
  std::uint64_t unmapped_ = 0;
  std::uint64_t impossible_ = 0;
};

void write_links(store& s, run_summary& out) {
  auto q = s.database().prepare("SELECT * FROM links");
  const auto count = [&](int column) {
    return q.is_null(column) ? std::nullopt : std::optional(q.number<std::uint64_t>(column));
  };
  while (q.next()) {
    run_summary::link_row row{.name = q.text(0),
                              .from = q.text(1),
                              .to = q.text(2),
                              .transport = q.text(3),
                              .sent = count(4),
                              .delivered = count(5),
                              .lost = count(6),
                              .duplicated = count(7),
                              .reordered = count(8),
                              .dropped = count(9),
                              .corrupt = count(10),
                              .bytes_sent = count(11),
                              .bytes_received = count(12)};
    if (row.bytes_received && out.length.count() > 0)
      row.throughput = static_cast<double>(*row.bytes_received) * 8 / to_seconds(out.length);
    out.links.push_back(std::move(row));
  }
}

void write_sinks(const run_context& context, const settlement& settled, run_summary& out) {
  std::map<place_id, run_summary::outcome_row> rows;
  for (std::size_t i = 0; i < settled.sinks.size(); ++i) {
    const auto place = context.tree.sinks()[i].place;
    const auto& total = settled.sinks[i];
    auto& row = rows[place];
    row.sink = context.shape.places[place].name;
    for (std::size_t o = 0; o < total.counts.size(); ++o) {
      row.counts[o] += total.counts[o];
      row.warmup += total.warmup[o];
    }
    row.late += total.late;
    row.duplicate += total.duplicate;
  }
  for (auto& [place, row] : rows)
    out.sinks.push_back(std::move(row));
}

void write_clocks(const run_context& context, run_summary& out) {
  for (const auto& node : context.shape.nodes) {
    run_summary::clock_row row{.node = node.name};
    row.shared = node.clock == reference_clock;
    if (row.shared)
      row.offset_ns = 0;
    for (const auto& s : context.clocks.segments()) {
      if (row.shared || s.from != node.clock || s.to != reference_clock)
        continue;
      const auto best = row.offset_ns ? std::min(row.bound_ns, s.bound_ns) : s.bound_ns;
      if (!row.offset_ns || s.bound_ns < row.bound_ns)
        row.offset_ns = -s.offset_ns;
      row.bound_ns = best;
      // The ends of the run, or of the segment within it, by this clock.
      for (const auto t : {out.begin_ns, out.begin_ns + out.length.count()})
        row.worst_bound_ns = std::max(row.worst_bound_ns,
                                      s.bound(std::clamp(t - s.offset_ns, s.first_ns, s.last_ns)));
    }
    out.clocks.push_back(std::move(row));
  }
}

void write_overhead(store& s, const std::vector<reported_count>& counts, run_summary& out) {
  for (const auto& c : counts) {
    out.own.records += c.kind == count_kind::emitted ? c.count : 0;
    out.own.lost += c.kind == count_kind::overflowed ? c.count : 0;
  }
  for (const auto* table : {"span", "sample", "sent", "fate", "\"values\""})
    out.own.stored += static_cast<std::uint64_t>(
        s.database().query_integer(std::string("SELECT COUNT(*) FROM ") + table).value_or(0));
  std::error_code no_size;
  const auto size = std::filesystem::file_size(s.database().path(), no_size);
  out.own.database = no_size ? 0 : size;
}

run_verdict judge(const run_summary& s, bool interrupted) {
  if (!s.lost_nodes.empty())
    return run_verdict::node_lost;
  if (interrupted)
    return run_verdict::interrupted;
  return s.problems.empty() ? run_verdict::valid : run_verdict::invalid;
}

} // namespace

std::string_view to_string(run_verdict v) noexcept {
  static constexpr std::array<std::string_view, 4> names{"valid", "invalid", "interrupted",
                                                         "node-lost"};
  return names[static_cast<std::size_t>(v)];
}

result<run_summary> summarise(store& s) {
  const auto loaded = run_context::load(s);
  if (!loaded)
    return loaded.error();
  const auto& context = **loaded;
  run_summary out;
  gatherer figures(context);
  settlement settled(context);
  const settler rules(context);
  {
    trace_reader traces(s, context);
    joined_trace t;
    std::vector<ending> endings;
    while (traces.next(t)) {
      rules.settle(t, endings);
      settled.add(t, endings);
      figures.add(t, endings);
    }
  }
  const auto name = s.read_run("scenario");
  const auto ended = s.read_run("ended");
  const auto counts = s.read_counts();
  auto discrepancies = check_books(s, context, settled);
  if (!name || !ended || !counts || !discrepancies)
    return !name     ? name.error()
           : !ended  ? ended.error()
           : !counts ? counts.error()
                     : discrepancies.error();
  out.name = *name;
  for (const auto n : settled.intended)
    out.intended += n;
  out.warmup = settled.warmup;
  out.problems = std::move(*discrepancies);
  for (std::size_t n = 0; n < context.lost_nodes.size(); ++n)
    if (context.lost_nodes[n])
      out.lost_nodes.push_back(context.shape.nodes[n].name);
  figures.write(out);
  if (out.paths.empty())
    out.problems.push_back("no sample outside the warm-up reached a sink");
  write_links(s, out);
  write_sinks(context, settled, out);
  write_clocks(context, out);
  write_overhead(s, *counts, out);
  out.verdict = judge(out, *ended == "interrupted");
  if (auto done = s.database().check(); !done)
    return done.error();
  return out;
}

} // namespace peernet

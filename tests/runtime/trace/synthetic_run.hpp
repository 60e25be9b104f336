// SPDX-License-Identifier: MIT
// A run that never ran: sensor → link → inference → link → sink on two nodes, with plausible
// durations, losses and drops, and a known truth about its clocks. For tests and benchmarks.
#pragma once

#include "runtime/core/random.hpp"
#include "runtime/trace/store.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace peernet {

/// Node "robot" (reference clock) has camera and actuator, node "cloud" the detector.
inline layout pipeline_layout(clock_id cloud_clock = 0) {
  using kind = place_kind;
  return {.nodes = {{.name = "robot", .host = "r", .pid = 11, .clock = 0, .clock_domain = "boot-a"},
                    {.name = "cloud",
                     .host = "c",
                     .pid = 12,
                     .clock = cloud_clock,
                     .clock_domain = cloud_clock == 0 ? "boot-a" : "boot-b"}},
          .places = {{.name = "camera", .kind = kind::sensor},
                     {.name = "detector", .kind = kind::inference},
                     {.name = "actuator", .kind = kind::sink},
                     {.name = "uplink",
                      .kind = kind::link,
                      .from = "camera",
                      .to = "detector",
                      .transport = "zmq-tcp"},
                     {.name = "downlink",
                      .kind = kind::link,
                      .from = "detector",
                      .to = "actuator",
                      .transport = "zmq-tcp"}},
          .routes = {{.parent = no_route, .place = 0, .copy = 0, .node = 0},
                     {.parent = 0, .place = 3, .copy = 0, .node = 1},
                     {.parent = 1, .place = 1, .copy = 0, .node = 1},
                     {.parent = 2, .place = 4, .copy = 0, .node = 0},
                     {.parent = 3, .place = 2, .copy = 0, .node = 0}},
          .sensors = {0},
          .values = {"encoded-bytes"},
          .user_steps = {"plan"}};
}

/// Makes the records of such a run, sample by sample, and counts as its actors would.
class synthetic_run {
public:
  struct options {
    std::uint64_t samples = 300;
    std::uint64_t warmup = 30;
    double loss = 0;                  ///< share of frames lost on the uplink
    double drop = 0;                  ///< share of samples dropped before the detector
    std::int64_t cloud_offset_ns = 0; ///< of the cloud's clock; not 0: a clock of its own
    double cloud_drift = 0;           ///< ns per ns, since time 0
    std::int64_t period_ns = 100'000'000;
    std::int64_t infer_ns = 50'000'000;
    std::uint64_t seed = 1;
  };

  explicit synthetic_run(const options& o)
      : options_(o),
        cloud_clock_(o.cloud_offset_ns != 0 || o.cloud_drift != 0 ? 1 : 0),
        random_(o.seed) {}

  [[nodiscard]] layout shape() const { return pipeline_layout(cloud_clock_); }
  [[nodiscard]] bool more() const { return next_ < options_.samples; }

  /// What the cloud's clock shows at `t` of the reference clock.
  [[nodiscard]] std::int64_t cloud(std::int64_t t) const {
    return cloud_clock_ == 0
               ? t
               : t + options_.cloud_offset_ns +
                     static_cast<std::int64_t>(options_.cloud_drift * static_cast<double>(t));
  }

  /// Appends the records of the next sample.
  void sample(std::vector<record>& out) {
    const auto seq = next_++;
    out_ = &out;
    trace_ = trace_id(0, seq).number();
    flags_ = seq < options_.warmup ? record_warmup : 0;
    const auto intended = start + static_cast<std::int64_t>(seq) * options_.period_ns;
    auto t = intended + between(20'000, 90'000);
    const auto sensed = t + between(800'000, 1'500'000);
    emit(0, record_kind::sample, 0, 0, intended, sensed, 1'327'104);
    span(0, 0, step::lag, intended, t);
    span(0, 0, step::sense, t, sensed);
    t = sensed;
    go(t, 1, 0, step::encode, 3'000'000, 4'500'000);
    const auto bytes = 60'000 + between(0, 9'000);
    const auto up = transport(t, 1, 0, 1, bytes, sent_up_, received_up_, options_.loss);
    if (!up)
      return;
    go(t, 2, 1, step::dispatch, 5'000, 20'000);
    if (random_.uniform() < options_.drop) {
      emit(2, record_kind::fate, static_cast<std::uint16_t>(outcome::dropped), 1, t, t);
      ++dropped;
      return;
    }
    go(t, 2, 1, step::queue, 10'000, 2'000'000);
    go(t, 1, 1, step::decode, 2'500'000, 3'500'000);
    go(t, 2, 1, step::preprocess, 300'000, 400'000);
    go(t, 2, 1, step::infer, options_.infer_ns, options_.infer_ns + options_.infer_ns / 4);
    go(t, 2, 1, step::postprocess, 20'000, 50'000);
    go(t, 3, 1, step::encode, 1'000, 4'000);
    static_cast<void>(transport(t, 3, 1, 0, 400, sent_down_, received_down_, 0));
    go(t, 4, 0, step::dispatch, 5'000, 20'000);
    go(t, 4, 0, step::queue, 5'000, 30'000);
    go(t, 3, 0, step::decode, 1'000, 4'000);
    go(t, 4, 0, step::act, 10'000, 60'000);
    emit(4, record_kind::fate, static_cast<std::uint16_t>(outcome::delivered), 0, t, t);
    ++delivered;
  }

  /// Probe exchanges between the coordinator and the cloud over the whole run, two each second,
  /// oldest first.
  [[nodiscard]] std::vector<probe> probes() {
    std::vector<probe> all;
    if (cloud_clock_ == 0)
      return all;
    const auto length = static_cast<std::int64_t>(options_.samples) * options_.period_ns;
    const auto count = length / 500'000'000 + 1;
    for (std::int64_t i = 0; i <= count; ++i) {
      const auto t = start + length * i / count;
      const auto there = between(40'000, 300'000);
      const auto back = between(40'000, 300'000);
      all.push_back({.local = 0,
                     .remote = cloud_clock_,
                     .t1 = t,
                     .t2 = cloud(t + there),
                     .t3 = cloud(t + there + 5'000),
                     .t4 = t + there + 5'000 + back,
                     .phase = i == 0      ? probe_phase::before
                              : i < count ? probe_phase::during
                                          : probe_phase::after,
                     .network = "",
                     .method = std::string(by_udp)});
    }
    return all;
  }

  /// What the actors report at the end.
  [[nodiscard]] std::vector<reported_count> counts() const {
    return {{count_kind::intended, 0, 0, 0, next_},     {count_kind::arrivals, 0, 2, 0, delivered},
            {count_kind::dropped, 1, 1, 0, dropped},    {count_kind::emitted, 0, 0, 0, emitted[0]},
            {count_kind::emitted, 1, 0, 0, emitted[1]}, {count_kind::overflowed, 0, 0, 0, 0}};
  }
  [[nodiscard]] std::vector<link_end> link_ends() const {
    return {end_of(3, 0, link_side::sender, sent_up_),
            end_of(3, 1, link_side::receiver, received_up_),
            end_of(4, 1, link_side::sender, sent_down_),
            end_of(4, 0, link_side::receiver, received_down_)};
  }

  std::uint64_t delivered = 0, dropped = 0, lost = 0;
  std::array<std::uint64_t, 2> emitted{}; ///< index: node

  /// The first intended time, reference clock.
  static constexpr std::int64_t start = 5'000'000'000'000;

private:
  struct frames {
    std::uint64_t count = 0, bytes = 0;
  };

  static link_end end_of(place_id link, node_id node, link_side side, const frames& f) {
    link_end e{.link = link, .node = node, .side = side};
    (side == link_side::sender ? e.sent : e.unique) = f.count;
    e.received = e.unique;
    e.bytes = f.bytes;
    e.highest = f.count;
    return e;
  }

  std::int64_t between(std::int64_t low, std::int64_t high) {
    return static_cast<std::int64_t>(
        random_.between(static_cast<std::uint64_t>(low), static_cast<std::uint64_t>(high)));
  }

  void emit(route_id route, record_kind kind, std::uint16_t what, node_id node, std::int64_t begin,
            std::int64_t end, std::int64_t amount = 0) {
    record r;
    r.trace = trace_;
    r.begin_ns = node == 1 ? cloud(begin) : begin;
    r.end_ns = node == 1 && kind != record_kind::sent ? cloud(end) : end;
    r.amount = amount;
    r.route = route;
    r.begin_node = r.end_node = node;
    r.begin_clock = r.end_clock = node == 1 ? cloud_clock_ : 0;
    r.what = what;
    r.kind = kind;
    r.flags = flags_;
    out_->push_back(r);
    ++emitted[node];
  }

  void span(route_id route, node_id node, step s, std::int64_t begin, std::int64_t end) {
    emit(route, record_kind::span, static_cast<std::uint16_t>(s), node, begin, end);
  }

  /// A step that takes a time between two limits; moves `t` on.
  void go(std::int64_t& t, route_id route, node_id node, step s, std::int64_t least,
          std::int64_t most) {
    const auto end = t + between(least, most);
    span(route, node, s, t, end);
    t = end;
  }

  bool transport(std::int64_t& t, route_id route, node_id from, node_id to, std::int64_t bytes,
                 frames& sent, frames& received, double loss) {
    sent.bytes += static_cast<std::uint64_t>(bytes);
    emit(route, record_kind::sent, 0, from, t, static_cast<std::int64_t>(++sent.count), bytes);
    if (random_.uniform() < loss) {
      ++lost;
      return false;
    }
    ++received.count;
    received.bytes += static_cast<std::uint64_t>(bytes);
    const auto end = t + between(1'100'000, 3'000'000);
    span(route, to, step::link, t, end);
    auto& r = out_->back(); // begins on the other node, by its clock
    r.begin_node = from;
    r.begin_clock = from == 1 ? cloud_clock_ : 0;
    r.begin_ns = from == 1 ? cloud(t) : t;
    t = end;
    return true;
  }

  options options_;
  clock_id cloud_clock_;
  random_source random_;
  std::uint64_t next_ = 0;
  std::uint64_t trace_ = 0;
  std::uint8_t flags_ = 0;
  std::vector<record>* out_ = nullptr;
  frames sent_up_, received_up_, sent_down_, received_down_;
};

/// Runs it all into a store, as the metrics actor would; up to, not including, the finish.
inline result<void> record_run(store& s, synthetic_run& run, std::size_t batch = 4096) {
  if (auto done = s.set_layout(run.shape()); !done)
    return done;
  std::vector<record> records;
  while (run.more()) {
    run.sample(records);
    if (records.size() < batch && run.more())
      continue;
    if (auto done = s.append(records); !done)
      return done;
    records.clear();
  }
  if (auto done = s.append_probes(run.probes()); !done)
    return done;
  for (const auto& e : run.link_ends())
    if (auto done = s.append_link_end(e); !done)
      return done;
  if (auto done = s.append_counts(run.counts()); !done)
    return done;
  if (auto done = s.set_run("scenario", "people-offload"); !done)
    return done;
  return s.set_run_end(run_end::completed);
}

} // namespace peernet

// SPDX-License-Identifier: MIT
// What tests of the measured path stand on: a node's surroundings without a node, a watcher one can
// wait for, plugin objects made of functions, and plans read from a few lines of TOML.
#pragma once

#include "actors/engine/closed_loop.hpp"
#include "actors/engine/inference_engine.hpp"
#include "runtime/config/reader.hpp"
#include "tests/support/deadline.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace peernet {

/// A list that threads add to and the test waits for. Thread: any.
template <class T>
class awaited_list {
public:
  void add(T value) {
    const std::lock_guard lock(mutex_);
    all_.push_back(std::move(value));
    more_.notify_all();
  }

  /// Waits until there are `n`; false when they do not come.
  [[nodiscard]] bool wait_for(std::size_t n) const {
    std::unique_lock lock(mutex_);
    return more_.wait_for(lock, test_deadline, [&] { return all_.size() >= n; });
  }

  [[nodiscard]] std::vector<T> all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }
  [[nodiscard]] std::size_t size() const { return all().size(); }

private:
  mutable std::mutex mutex_;
  mutable std::condition_variable more_;
  std::vector<T> all_;
};

/// Closed until somebody opens it.
class gate {
public:
  void open() { opened_.add(true); }
  [[nodiscard]] bool pass() const { return opened_.wait_for(1); }

private:
  awaited_list<bool> opened_;
};

struct seen_end {
  sample_header header;
  stamp when{};
  outcome how{};
};

class seeing_watcher final : public end_watcher {
public:
  void ended(const sample_header& h, outcome how, stamp when) noexcept override {
    seen.add({h, when, how});
  }
  awaited_list<seen_end> seen;
};

/// A node's surroundings.
struct engine_rig {
  explicit engine_rig(peernet::clock c = {}) : clock(c) {}

  /// All records since the last call; those of one thread in their order.
  [[nodiscard]] std::vector<record> taken() {
    std::vector<record> all(1u << 16);
    all.resize(records.drain(all));
    return all;
  }

  peernet::clock clock;
  record_collector records;
  seeing_watcher watcher;
  event_log events;
  node_context context{.clock = &clock,
                       .records = &records,
                       .watcher = &watcher,
                       .events = &events,
                       .node = 3,
                       .clock_number = 2,
                       .run = 77};
};

[[nodiscard]] inline std::vector<record> of_kind(const std::vector<record>& all, record_kind kind) {
  std::vector<record> some;
  std::ranges::copy_if(all, std::back_inserter(some),
                       [&](const record& r) { return r.kind == kind; });
  return some;
}
[[nodiscard]] inline std::vector<record> spans_of(const std::vector<record>& all, step s) {
  auto some = of_kind(all, record_kind::span);
  std::erase_if(some, [&](const record& r) { return r.what != static_cast<std::uint16_t>(s); });
  return some;
}
[[nodiscard]] inline std::vector<record> fates_of(const std::vector<record>& all, outcome o) {
  auto some = of_kind(all, record_kind::fate);
  std::erase_if(some, [&](const record& r) { return r.what != static_cast<std::uint16_t>(o); });
  return some;
}
/// The steps of a sample in the order in which they were recorded: "queue infer".
[[nodiscard]] inline std::string steps_of(const std::vector<record>& all, trace_id trace) {
  std::string names;
  for (const auto& r : all)
    if (r.kind == record_kind::span && r.trace == trace.number())
      names.append(names.empty() ? "" : " ").append(to_string(static_cast<step>(r.what)));
  return names;
}

// -- plugin objects made of functions

struct scripted_sensor final : sensor {
  using script = std::function<result<std::optional<payload>>()>;
  explicit scripted_sensor(script s, awaited_list<bool>* cancelled_ = nullptr)
      : on_sample(std::move(s)), cancelled(cancelled_) {}
  result<std::optional<payload>> sample() override { return on_sample(); }
  void cancel() noexcept override {
    if (cancelled)
      cancelled->add(true);
  }
  script on_sample;
  awaited_list<bool>* cancelled;
};

struct scripted_model final : model {
  using script = std::function<result<void>(const payload&, emitter&)>;
  explicit scripted_model(script s, model_traits t = {}) : on_infer(std::move(s)), what(t) {}
  [[nodiscard]] model_traits traits() const override { return what; }
  result<void> preprocess(const payload&) override { return on_preprocess(); }
  result<void> infer(const payload& in, emitter& out) override { return on_infer(in, out); }
  result<void> postprocess(const payload& in, emitter& out) override {
    return on_postprocess(in, out);
  }
  std::function<result<void>()> on_preprocess = [] { return result<void>{}; };
  script on_infer;
  script on_postprocess = [](const payload&, emitter&) { return result<void>{}; };
  model_traits what;
};

struct scripted_sink final : sink {
  using script = std::function<result<void>(const sample&)>;
  explicit scripted_sink(script s) : on_act(std::move(s)) {}
  result<void> act(const sample& arrived) override { return on_act(arrived); }
  script on_act;
};

struct scripted_codec final : codec {
  using script = std::function<result<payload>(const payload&)>;
  explicit scripted_codec(script s) : on_decode(std::move(s)) {}
  result<payload> encode(const payload& plain) override { return plain; }
  result<payload> decode(const payload& encoded) override { return on_decode(encoded); }
  script on_decode;
};

/// Keeps what a stage sends, and by which worker.
class keeping_outlet final : public outlet {
public:
  void send(const sample& s, std::uint16_t worker, recorder&) override { sent.add({s, worker}); }
  awaited_list<std::pair<sample, std::uint16_t>> sent;
};

// -- plans

struct read_graph {
  std::shared_ptr<const scenario> what;
  std::shared_ptr<const plan> whole;
};

/// Reads a scenario that must be right.
[[nodiscard]] inline read_graph read_plan(std::string_view toml,
                                          const catalogue& known = catalogue::builtin()) {
  auto read = read_scenario_text(toml, "test.toml", ".", {}, known);
  BOOST_REQUIRE_MESSAGE(read.ok(), to_string(read.errors));
  auto whole = make_plan(read.scenario);
  BOOST_REQUIRE(whole.ok());
  return {std::make_shared<const scenario>(std::move(read.scenario)),
          std::make_shared<const plan>(std::move(*whole))};
}

/// camera (route 0) → uplink (1) → detector (2) → downlink (3) → actuator (4); the detector lives
/// on another node than the rest.
inline constexpr std::string_view chain_toml = R"([scenario]
samples = 10
[nodes.robot]
[nodes.cloud]
[sensors.camera]
node = "robot"
type = "bytes"
size = "100B"
rate = "200Hz"
max-lag = "1h"
[inference.detector]
node = "cloud"
model = "echo"
queue = { size = 1000 }
[sinks.actuator]
node = "robot"
queue = { size = 1000 }
[links.uplink]
from = "camera"
to = "detector"
send-queue = { size = 1000 }
[links.downlink]
from = "detector"
to = "actuator"
send-queue = { size = 1000 }
)";

[[nodiscard]] inline sample sample_at(route_id route, std::uint64_t seq,
                                      std::string_view text = "frame") {
  return {.header = {.trace = trace_id{0, seq}, .route = route, .intended = stamp_from_ns(1)},
          .body = payload::copy_of(text)};
}

} // namespace peernet

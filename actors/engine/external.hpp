// SPDX-License-Identifier: MIT
// Stages whose inside is the embedding program: a sensor it pushes samples into, a sink it takes
// results from. To the rest of the graph they are stages like any other.
#pragma once

#include "actors/engine/sensor_loop.hpp"
#include "runtime/plugin/registry.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace peernet {

/// The type's name in a scenario.
inline constexpr const char* external_type = "external";

/// A sensor that gives what was pushed last. Thread: `push` and `sample` the embedding program's.
class pushed_sensor final : public sensor {
public:
  void put(payload p) { next_ = std::move(p); }
  result<std::optional<payload>> sample() override { return std::exchange(next_, std::nullopt); }

private:
  std::optional<payload> next_;
};

/// Fires when the program says so, on the program's thread: the sample's intended time is the
/// moment of the push. Thread: `push` by one thread at a time; the rest as in sensor_loop.
class external_loop final : public sensor_loop {
public:
  external_loop(sensor_source& source, pushed_sensor& inside) : source_(source), inside_(inside) {}

  void start(const run_window& window) override;
  void request_stop() override { stopped_ = true; }
  void stop() override;
  [[nodiscard]] bool finished() const noexcept override { return stopped_ || full_; }

  /// Sends one sample. False: the run has not begun, is over, or has all the samples it wants; the
  /// sample was not taken.
  bool push(payload p);

private:
  sensor_source& source_;
  pushed_sensor& inside_;
  std::mutex mutex_; // one push at a time, and none beside start or stop
  run_window window_;
  recorder* by_ = nullptr;
  std::uint64_t seq_ = 0;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> full_{false};
};

/// A sink that keeps results until the program takes them. A full store of results lets the oldest
/// go: the sample was delivered, what the program makes of it is its own affair.
class result_store final : public sink {
public:
  explicit result_store(std::size_t kept = 64) : kept_(kept, overflow::drop_oldest) {}

  result<void> act(const sample& arrived) override;

  /// The next result, waiting at most `patience`. Thread: any.
  [[nodiscard]] std::optional<sample> next(duration patience);

private:
  bounded_queue<sample> kept_;
  std::mutex mutex_;
  std::condition_variable arrived_;
};

/// The external stages of one node, by stage name and copy, for the program that fills them.
/// Thread: filled while the graph is made; read by any afterwards.
class external_stages {
public:
  /// Makes the type "external" known to `types`; the objects it makes are noted here.
  void register_at(registry& types);

  /// Null if the scenario has no such external stage on this node.
  [[nodiscard]] pushed_sensor* find_sensor(const std::string& stage, std::uint16_t copy = 0) const;
  [[nodiscard]] result_store* find_sink(const std::string& stage, std::uint16_t copy = 0) const;

private:
  using key = std::pair<std::string, std::uint16_t>;
  std::map<key, pushed_sensor*> sensors_;
  std::map<key, result_store*> sinks_;
};

} // namespace peernet

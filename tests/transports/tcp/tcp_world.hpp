// SPDX-License-Identifier: MIT
// The transport tcp as the channel contract takes it, and somebody who receives beside the test.
#pragma once

#include "runtime/plugin/registry.hpp"
#include "tests/transports/channel_world.hpp"
#include "transports/tcp/tcp_channel.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace peernet::contract {

/// A node's transports of one kind: its own registry.
inline std::shared_ptr<channel_kind> node_with(const std::string& type, void (*add)(registrar& r)) {
  const auto types = std::make_shared<registry>(std::vector<std::filesystem::path>{});
  add(*types);
  const auto kind = types->find_channel(type);
  BOOST_REQUIRE(kind.ok());
  return {types, *kind};
}

inline subject tcp(std::string name, std::string key = {}) {
  return {.name = std::move(name),
          .open =
              [] {
                return transport{node_with("tcp", register_tcp_channel),
                                 node_with("tcp", register_tcp_channel)};
              },
          .key = std::move(key)};
}

/// Receives on a thread of its own, as a link does, and keeps the frames' numbers.
class listening_thread {
public:
  explicit listening_thread(receive_end& end) : end_(end), thread_([this] { run(); }) {}
  ~listening_thread() { join(); }
  listening_thread(const listening_thread&) = delete;
  listening_thread& operator=(const listening_thread&) = delete;

  /// Ends receiving, for good.
  void join() {
    end_.stop();
    if (thread_.joinable())
      thread_.join();
  }
  /// Waits until `met` holds of the frames that came; false past the deadline.
  template <class Met>
  [[nodiscard]] bool wait(Met met) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, deadline, [&] { return met(std::as_const(numbers_)); });
  }
  [[nodiscard]] bool wait_for_number(std::uint64_t n) {
    return wait([n](const auto& all) { return std::ranges::find(all, n) != all.end(); });
  }
  /// Waits for what the end itself counts; false past the deadline.
  template <class Condition>
  [[nodiscard]] bool wait_while(Condition holds) {
    const auto until = clock::machine_now() + deadline;
    while (holds()) {
      if (clock::machine_now() > until)
        return false;
      std::this_thread::yield();
    }
    return true;
  }
  [[nodiscard]] std::vector<std::uint64_t> numbers() {
    const std::lock_guard lock(mutex_);
    return numbers_;
  }
  /// Frames that were not what was sent, and messages that were no frames.
  std::atomic<std::size_t> spoilt{0}, corrupt{0};

private:
  void run() {
    for (;;) {
      auto r = end_.receive({}, glance);
      if (!r.ok() && r.error().code == errc::closed)
        return;
      if (!r.ok()) {
        ++corrupt;
        changed_.notify_all();
        continue;
      }
      if (!r->has_value())
        continue;
      wire_header h;
      std::memcpy(&h, (*r)->header.data(), sizeof h);
      if (h.run == contract_run && !is_frame(**r, h.sequence, (*r)->body.size()))
        ++spoilt;
      {
        const std::lock_guard lock(mutex_);
        numbers_.push_back(h.sequence);
      }
      changed_.notify_all();
    }
  }

  receive_end& end_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::uint64_t> numbers_;
  std::thread thread_; // begins when all else is there
};

/// What an end counted by this name.
[[nodiscard]] inline std::uint64_t counted(const channel_report& r, std::string_view name) {
  const auto it = std::ranges::find(r.counts, name, &channel_count::name);
  BOOST_REQUIRE_MESSAGE((it != r.counts.end()), name << " is not counted");
  return it->count;
}

} // namespace peernet::contract

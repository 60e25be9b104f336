// SPDX-License-Identifier: MIT
// Channel ends that a test holds in its hand: it says how much room there is, what arrives and when
// the channel is gone, and waits for what the code under test did, never for time to pass.
#pragma once

#include "runtime/plugin/channel.hpp"
#include "tests/support/deadline.hpp"
#include "transports/wire.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace peernet {

/// The test's side of a fake sending end. Thread: any.
class fake_outgoing {
public:
  static constexpr std::size_t endless = SIZE_MAX;

  struct taken {
    wire_header header;
    payload body;
    std::thread::id by;
  };

  /// That many more frames are taken before the channel would block.
  void make_room(std::size_t frames) {
    change([&] { room_ = frames == endless ? endless : room_ + frames; });
  }
  /// From now on the channel takes nothing and says so, and why, if there is a reason.
  void break_down(std::string why = {}) {
    change([&] {
      broken_ = true;
      trouble_ = std::move(why);
    });
  }
  /// The same for a while: it says so once.
  void lose_connection(std::string why) {
    change([&] {
      broken_ = true;
      outage_ = std::move(why);
    });
  }
  /// The channel takes frames again.
  void recover() {
    change([&] { broken_ = false; });
  }

  /// Waits for the n-th frame taken since the beginning; false past the deadline.
  [[nodiscard]] bool wait_for_taken(std::size_t n) {
    return wait([&] { return taken_.size() >= n; });
  }
  /// Waits until `try_send` was called n times since the beginning, with whatever answer.
  [[nodiscard]] bool wait_for_attempts(std::size_t n) {
    return wait([&] { return attempts_ >= n; });
  }

  [[nodiscard]] std::vector<taken> frames() const {
    const std::lock_guard lock(mutex_);
    return taken_;
  }
  /// The patience of every `close`.
  [[nodiscard]] std::vector<duration> closings() const {
    const std::lock_guard lock(mutex_);
    return closings_;
  }

private:
  friend class fake_send_end;

  template <class Change>
  void change(Change how) {
    {
      const std::lock_guard lock(mutex_);
      how();
    }
    changed_.notify_all();
  }
  template <class Condition>
  bool wait(Condition holds) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, test_deadline, holds);
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<taken> taken_;
  std::vector<duration> closings_;
  std::size_t room_ = 0;
  std::size_t attempts_ = 0;
  bool broken_ = false;
  std::optional<std::string> outage_;
  std::string trouble_;
};

class fake_send_end final : public send_end {
public:
  explicit fake_send_end(std::shared_ptr<fake_outgoing> world) : world_(std::move(world)) {}

  send_status try_send(const outgoing_frame& frame) override {
    auto answer = send_status::sent;
    world_->change([&] {
      ++world_->attempts_;
      if (world_->broken_) {
        answer = send_status::closed;
      } else if (world_->room_ == 0) {
        answer = send_status::would_block;
      } else {
        world_->room_ -= world_->room_ == fake_outgoing::endless ? 0 : 1;
        fake_outgoing::taken t{.header = {}, .body = *frame.body, .by = std::this_thread::get_id()};
        std::memcpy(&t.header, frame.header.data(), std::min(sizeof t.header, frame.header.size()));
        world_->taken_.push_back(std::move(t));
      }
    });
    return answer;
  }

  bool wait_writable(duration patience) override {
    std::unique_lock lock(world_->mutex_);
    return world_->changed_.wait_for(lock, patience,
                                     [&] { return world_->room_ > 0 || world_->broken_; });
  }

  void close(duration patience) noexcept override {
    world_->change([&] { world_->closings_.push_back(patience); });
  }

  bool connected() override { return wait_writable(duration{0}); }

  channel_report report() const override {
    const std::lock_guard lock(world_->mutex_);
    return {.bytes = std::nullopt, .counts = {}, .trouble = world_->trouble_};
  }
  std::optional<std::string> outage() override {
    const std::lock_guard lock(world_->mutex_);
    return std::exchange(world_->outage_, std::nullopt);
  }

private:
  const std::shared_ptr<fake_outgoing> world_;
};

/// The test's side of a fake receiving end. Thread: any.
class fake_incoming {
public:
  /// A frame arrives: the bytes of a header (perhaps cut short or broken) and a body.
  void arrive(std::span<const std::byte> header, std::span<const std::byte> body, stamp received,
              std::optional<stamp> in_kernel = std::nullopt) {
    auto whole = buffer::acquire(header.size() + body.size());
    std::ranges::copy(header, whole.data());
    std::ranges::copy(body, whole.data() + header.size());
    const std::span<const std::byte> bytes = whole.bytes();
    put(std::optional{incoming_frame{.header = bytes.first(header.size()),
                                     .body = bytes.subspan(header.size()),
                                     .owner = whole.release(),
                                     .received = received,
                                     .in_kernel = in_kernel}});
  }
  /// The channel itself finds bytes that are no frame.
  void arrive(error e) { put(std::move(e)); }

  /// Says that nothing more will come, and waits until the receiver was told so, having taken
  /// everything before. False past the deadline.
  [[nodiscard]] bool run_dry() {
    std::unique_lock lock(mutex_);
    ending_ = true;
    changed_.notify_all();
    return changed_.wait_for(lock, test_deadline, [&] { return told_; });
  }

  /// Was the end told to stop?
  [[nodiscard]] bool stopped() {
    const std::lock_guard lock(mutex_);
    return stopped_;
  }

  /// Waits until somebody waits in `receive`.
  [[nodiscard]] bool wait_for_reader() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, test_deadline, [&] { return reading_; });
  }

private:
  friend class fake_receive_end;

  void put(result<std::optional<incoming_frame>> r) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(r));
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<result<std::optional<incoming_frame>>> waiting_;
  bool ending_ = false;
  bool told_ = false;
  bool reading_ = false;
  bool stopped_ = false;
};

class fake_receive_end final : public receive_end {
public:
  explicit fake_receive_end(std::shared_ptr<fake_incoming> world) : world_(std::move(world)) {}

  endpoint where() const override {
    return {.node = 0, .network = "", .address = "192.0.2.1", .port = 9};
  }

  result<std::optional<incoming_frame>> receive(const clock&, duration patience) override {
    std::unique_lock lock(world_->mutex_);
    world_->reading_ = true;
    world_->changed_.notify_all();
    const auto something = [&] { return !world_->waiting_.empty() || world_->ending_; };
    (void)world_->changed_.wait_for(lock, patience, something);
    world_->reading_ = false;
    if (!world_->waiting_.empty()) {
      auto first = std::move(world_->waiting_.front());
      world_->waiting_.pop_front();
      return first;
    }
    if (!world_->ending_)
      return std::optional<incoming_frame>{};
    world_->told_ = true;
    world_->changed_.notify_all();
    return error{errc::closed, "the fake channel was closed"};
  }

  void stop() noexcept override {
    {
      const std::lock_guard lock(world_->mutex_);
      world_->ending_ = world_->stopped_ = true;
    }
    world_->changed_.notify_all();
  }

private:
  const std::shared_ptr<fake_incoming> world_;
};

} // namespace peernet

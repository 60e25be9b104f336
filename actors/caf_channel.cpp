// SPDX-License-Identifier: MIT
#include "actors/caf_channel.hpp"

#include "actors/wire_frame.hpp"
#include "runtime/core/thread.hpp"

#include <caf/actor_cast.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <utility>

namespace peernet {

namespace {

/// How long the other node may take to name the receiving end.
constexpr duration answer_patience = std::chrono::seconds{5};

/// A sending end. What comes back (where to send, credit, the news that the other side is gone)
/// comes to a mailbox with a thread of its own: the actor system's threads may be waiting for it.
class caf_send_end final : public send_end {
public:
  caf_send_end(caf::actor_system& system, const std::string& link, node_actor peer,
               std::string name, std::size_t credit)
      : whole_(credit), self_(system), mailbox_(caf::actor_cast<caf::actor>(self_)) {
    thread_ = start_thread("credit " + link, [this, peer = std::move(peer), name = std::move(name)](
                                                 const std::stop_token&) { listen(peer, name); });
  }
  ~caf_send_end() override { caf_send_end::close(duration{0}); }

  send_status try_send(const outgoing_frame& frame) override {
    if (closed_ || gone_)
      return send_status::closed;
    if (credit_ == 0)
      return send_status::would_block;
    --credit_; // only we take, so it was enough
    wire_frame message;
    std::memcpy(message.header.data(), frame.header.data(), message.header.size());
    message.body = *frame.body;
    caf::send_as(mailbox_, receiver_, frame_atom::value, std::move(message));
    return send_status::sent;
  }

  bool wait_writable(duration patience) override {
    if (closed_)
      return false;
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return gone_ || credit_ > 0; });
  }

  bool connected() override { return !closed_ && connected_ && !gone_; }

  /// A frame has left this process for certain when its credit has come back.
  void close(duration patience) noexcept override {
    if (std::exchange(closed_, true))
      return;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, patience,
                        [this] { return gone_ || !connected_ || credit_ == whole_; });
    }
    caf::anon_send(mailbox_, halt_atom::value);
    thread_.join();
  }

private:
  void listen(const node_actor& peer, const std::string& name) {
    self_->request(peer, answer_patience, frame_atom::value, name)
        .receive(
            [&](const caf::actor& receiver) {
              self_->monitor(receiver);
              change([&] {
                receiver_ = receiver;
                credit_ = whole_;
                connected_ = true;
              });
            },
            [&](const caf::error&) { change([&] { gone_ = true; }); });
    for (bool more = true; more;)
      self_->receive([&](credit_atom, std::uint32_t n) { change([&] { credit_ += n; }); },
                     [&](const caf::down_msg&) { change([&] { gone_ = true; }); },
                     [&](halt_atom) { more = false; });
  }

  template <class Change>
  void change(Change what) {
    {
      const std::lock_guard lock(mutex_);
      what();
    }
    changed_.notify_all();
  }

  const std::size_t whole_; ///< frames that may be under way
  caf::scoped_actor self_;  ///< the thread's
  const caf::actor mailbox_;
  caf::actor receiver_; ///< set before there is credit
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<std::size_t> credit_{0};
  std::atomic<bool> connected_{false};
  std::atomic<bool> gone_{false};
  bool closed_ = false; ///< the sending thread's
  std::jthread thread_;
};

} // namespace

/// A mailbox, and the thread that calls `receive` is its reader.
class caf_receive_end final : public receive_end {
public:
  caf_receive_end(caf_channel& home, caf::actor_system& system, std::string name,
                  std::size_t max_frame)
      : home_(home), self_(system), name_(std::move(name)), max_frame_(max_frame) {}
  ~caf_receive_end() override { home_.forget(name_); }

  [[nodiscard]] caf::actor mailbox() const { return caf::actor_cast<caf::actor>(self_); }
  [[nodiscard]] endpoint where() const override {
    return {.node = 0, .network = "", .address = name_, .port = 0};
  }

  result<std::optional<incoming_frame>> receive(const clock& clock, duration patience) override {
    if (stopped_)
      return stopped();
    std::optional<incoming_frame> frame;
    bool too_large = false;
    self_->receive(
        [&](frame_atom, const wire_frame& m) {
          const auto now = clock.now();
          header_ = m.header; // the body is shared
          too_large = m.body.size() > max_frame_;
          frame = incoming_frame{.header = header_,
                                 .body = m.body.bytes(),
                                 .owner = m.body.owner(),
                                 .received = now,
                                 .in_kernel = std::nullopt};
          if (const auto& sender = self_->current_sender())
            self_->send(caf::actor_cast<caf::actor>(sender), credit_atom::value, std::uint32_t{1});
        },
        [](halt_atom) {}, caf::after(patience) >> [] {});
    if (stopped_)
      return stopped();
    if (too_large)
      return error{errc::corrupt,
                   "a frame above the limit of " + std::to_string(max_frame_) + " bytes"};
    return frame;
  }

  void stop() noexcept override {
    stopped_ = true;
    caf::anon_send(mailbox(), halt_atom::value); // wakes the reader
  }

private:
  static error stopped() { return {errc::closed, "the receiving end was stopped"}; }

  caf_channel& home_;
  caf::scoped_actor self_;
  const std::string name_;
  const std::size_t max_frame_;
  std::atomic<bool> stopped_{false};
  decltype(wire_frame::header) header_{}; ///< of the last frame: lent to the caller until the next
};

result<std::unique_ptr<receive_end>> caf_channel::bind(const channel_settings& settings) {
  const std::lock_guard lock(mutex_);
  auto name = settings.name + "#" + std::to_string(next_++);
  auto end = std::make_unique<caf_receive_end>(*this, system_, name, settings.max_frame);
  ends_.emplace(std::move(name), end->mailbox());
  return std::unique_ptr<receive_end>{std::move(end)};
}

result<std::unique_ptr<send_end>> caf_channel::connect(const channel_settings& settings,
                                                       const endpoint& to) {
  auto peer = peers_.find(to.node);
  if (!peer)
    return error{errc::not_found, "no direct connection with the receiving node"};
  return std::unique_ptr<send_end>{std::make_unique<caf_send_end>(
      system_, settings.name, std::move(peer), to.address, settings.queue)};
}

caf::actor caf_channel::find_end(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = ends_.find(name);
  return found == ends_.end() ? caf::actor{} : found->second;
}

void caf_channel::forget(const std::string& name) {
  const std::lock_guard lock(mutex_);
  ends_.erase(name);
}

} // namespace peernet

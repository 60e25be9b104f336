// SPDX-License-Identifier: MIT
#include "actors/caf_channel.hpp"

#include "actors/wire_frame.hpp"

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <utility>

namespace peernet {

namespace {

/// How long the other node may take to name the receiving end.
constexpr duration answer_patience = std::chrono::seconds{5};

/// What a sending end shares with the actor that stands for it.
struct credit_line {
  explicit credit_line(std::size_t frames) : whole(frames) {}

  const std::size_t whole; ///< frames that may be under way
  std::atomic<std::size_t> credit{0};
  std::atomic<bool> connected{false};
  std::atomic<bool> gone{false};
  caf::actor receiver; ///< set before `connected`
  bool closed = false; ///< nobody sends any more
  std::mutex mutex;
  std::condition_variable changed;

  void meet(const caf::actor& other) {
    {
      const std::lock_guard lock(mutex);
      if (closed)
        return;
      receiver = other;
      credit = whole;
      connected = true;
    }
    changed.notify_all();
  }
  void give_back(std::uint32_t frames) {
    {
      const std::lock_guard lock(mutex);
      credit += frames;
    }
    changed.notify_all();
  }
  void lose() {
    {
      const std::lock_guard lock(mutex);
      gone = true;
    }
    changed.notify_all();
  }
};

struct sending_state {
  static inline const char* name = "caf_sender";
};

/// Finds the receiving end, takes back credit, and notices when the other side is gone.
/// Detached: its sender may wait for credit on a thread of the actor system.
caf::behavior sending(caf::stateful_actor<sending_state>* self, std::shared_ptr<credit_line> line,
                      node_actor peer, std::string name) {
  self->set_down_handler([=](const caf::down_msg&) { line->lose(); });
  self->request(peer, answer_patience, frame_atom::value, std::move(name))
      .then(
          [=](const caf::actor& receiver) {
            self->monitor(receiver);
            line->meet(receiver);
          },
          [=](const caf::error&) { line->lose(); });
  return {
      [=](credit_atom, std::uint32_t n) { line->give_back(n); },
  };
}

class caf_send_end final : public send_end {
public:
  caf_send_end(caf::actor_system& system, node_actor peer, std::string name, std::size_t credit)
      : line_(std::make_shared<credit_line>(credit)),
        actor_(system.spawn<caf::detached>(sending, line_, std::move(peer), std::move(name))) {}
  ~caf_send_end() override { caf_send_end::close(duration{0}); }

  send_status try_send(const outgoing_frame& frame) override {
    if (closed_ || line_->gone)
      return send_status::closed;
    if (!line_->connected || line_->credit == 0)
      return send_status::would_block;
    --line_->credit; // only we take, so it was enough
    wire_frame message;
    std::memcpy(message.header.data(), frame.header.data(), message.header.size());
    message.body = *frame.body;
    caf::send_as(actor_, line_->receiver, frame_atom::value, std::move(message));
    return send_status::sent;
  }

  bool wait_writable(duration patience) override {
    if (closed_)
      return false;
    std::unique_lock lock(line_->mutex);
    return line_->changed.wait_for(
        lock, patience, [this] { return line_->gone || (line_->connected && line_->credit > 0); });
  }

  bool connected() override { return !closed_ && line_->connected && !line_->gone; }

  /// A frame has left this process for certain when its credit has come back.
  void close(duration patience) noexcept override {
    if (std::exchange(closed_, true))
      return;
    {
      std::unique_lock lock(line_->mutex);
      line_->changed.wait_for(lock, patience, [this] {
        return line_->gone || !line_->connected || line_->credit == line_->whole;
      });
      line_->closed = true;
      line_->receiver = nullptr;
    }
    caf::anon_send_exit(actor_, caf::exit_reason::user_shutdown);
  }

private:
  const std::shared_ptr<credit_line> line_;
  const caf::actor actor_;
  bool closed_ = false;
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
          message_ = m; // shares the body
          too_large = m.body.size() > max_frame_;
          frame = incoming_frame{.header = message_.header,
                                 .body = message_.body.bytes(),
                                 .owner = message_.body.owner(),
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
  wire_frame message_; ///< the last one taken: its header is lent to the caller until the next
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
  return std::unique_ptr<send_end>{
      std::make_unique<caf_send_end>(system_, std::move(peer), to.address, settings.queue)};
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

// SPDX-License-Identifier: MIT
#include "transports/lane_sender.hpp"

#include "runtime/core/thread.hpp"
#include "runtime/plugin/guarded.hpp"

#include <utility>

namespace peernet {

lane_sender::lane_sender(settings s, node_context context, std::unique_ptr<send_end> channel,
                         std::vector<std::unique_ptr<codec>> codecs)
    : settings_(std::move(s)),
      context_(context),
      channel_(std::move(channel)),
      codecs_(std::move(codecs)),
      queue_(settings_.queue.size, settings_.queue.policy),
      line_(settings_.impair
                ? std::make_unique<delay_line>(*settings_.impair, settings_.name, settings_.lane)
                : nullptr) {
  header_.codec = codec_tag(settings_.codec);
  header_.run = context_.run;
  header_.link = settings_.link;
  header_.lane = settings_.lane;
  header_.clock = context_.clock_number;
  if (line_)
    std::call_once(pump_started_, [this] {
      pump_ = start_thread("impair " + settings_.name,
                           [this](const std::stop_token& stop) { run_line(stop); });
    });
}

lane_sender::~lane_sender() {
  finish(clock::machine_now());
}

void lane_sender::send(const sample& s, std::uint16_t worker, recorder& by) {
  sample frame = s;
  frame.header.route += settings_.route_step;
  if (!codecs_.empty() && !encode(frame, worker, by))
    return;
  pass_on(frame, by);
  if (settings_.meter) // only now that the frame is on its way
    settings_.meter->offer(frame.header, settings_.lane, s.body, frame.body);
}

bool lane_sender::encode(sample& frame, std::uint16_t worker, recorder& by) {
  const auto begin = context_.clock->now();
  auto encoded = guarded([&] { return codecs_[worker]->encode(frame.body); });
  const auto end = context_.clock->now();
  if (!encoded) {
    counters_.failed.fetch_add(1, std::memory_order_relaxed);
    context_.report(severity::error, "encoding failed",
                    "link " + settings_.name + ": " + encoded.error().message);
    end_sample(by, *context_.watcher, frame.header, settings_.lane, outcome::failed, end);
    return false;
  }
  by.span(frame.header, settings_.lane, step::encode, begin, end);
  frame.body = std::move(*encoded);
  by.value(frame.header, settings_.lane, settings_.encoded_bytes,
           static_cast<double>(frame.body.size()), end);
  return true;
}

void lane_sender::pass_on(const sample& frame, recorder& by) {
  if (frame.body.size() > settings_.max_frame) {
    counters_.failed.fetch_add(1, std::memory_order_relaxed);
    context_.report(severity::error, "frame too large",
                    "link " + settings_.name + ": " + std::to_string(frame.body.size()) +
                        " bytes, at most " + std::to_string(settings_.max_frame) + " are sent");
    end_sample(by, *context_.watcher, frame.header, settings_.lane, outcome::failed,
               context_.clock->now());
    return;
  }
  if (line_) {
    const auto since = context_.clock->now();
    if (behind_.load(std::memory_order_acquire) == 0 && !enter(frame, since, by))
      return;
    enqueue(frame, since, by);
    line_->wake();
    return;
  }
  // The common case: nothing waits, the channel has room, and the stage's own thread sends.
  if (behind_.load(std::memory_order_acquire) == 0 && claim()) {
    const auto attempt = hand_over(frame, by);
    unclaim();
    if (attempt.status != send_status::would_block)
      return;
  }
  enqueue(frame, context_.clock->now(), by);
}

void lane_sender::unclaim() noexcept {
  claimed_.store(false, std::memory_order_release);
  claimed_.notify_one();
}

lane_sender::handed lane_sender::hand_over(const sample& frame, recorder& by) {
  describe_sample(header_, frame);
  header_.sequence = counters_.sent.load(std::memory_order_relaxed);
  const auto now = context_.clock->now();
  header_.sent_ns = to_ns(now);
  const auto status = channel_->try_send({.header = wire_bytes(header_), .body = &frame.body});
  const auto size = sizeof header_ + frame.body.size();
  if (status == send_status::sent) {
    counters_.sent.fetch_add(1, std::memory_order_relaxed);
    counters_.bytes.fetch_add(size, std::memory_order_relaxed);
    by.sent(frame.header, settings_.lane, now, header_.sequence, size);
  } else if (status != send_status::would_block) {
    not_taken(status, frame, now, by);
  }
  if (!finished_)
    tell_outages(status == send_status::sent);
  return {status, now};
}

/// The channel will never have this frame.
void lane_sender::not_taken(send_status status, const sample& frame, stamp when, recorder& by) {
  if (status == send_status::too_large) {
    counters_.failed.fetch_add(1, std::memory_order_relaxed);
    context_.report(severity::error, "frame too large",
                    "link " + settings_.name + ": " + std::to_string(frame.body.size()) +
                        " bytes do not fit into " + channel_->limit());
    end_sample(by, *context_.watcher, frame.header, settings_.lane, outcome::failed, when);
  } else if (!finished_) {
    counters_.failed.fetch_add(1, std::memory_order_relaxed);
    tell_trouble();
    end_sample(by, *context_.watcher, frame.header, settings_.lane, outcome::lost, when);
  }
}

/// Says once when the channel lost its connection, and once when it takes frames again.
void lane_sender::tell_outages(bool sent) {
  if (const auto why = channel_->outage()) {
    down_ = true;
    context_.report(severity::warning, "connection lost",
                    "link " + settings_.name + ": " + *why +
                        "; it is made again, what is sent meanwhile is lost");
  }
  if (sent && std::exchange(down_, false))
    context_.report(severity::info, "connection stands again", "link " + settings_.name);
}

/// Why the channel takes nothing any more, if it says so; once.
void lane_sender::tell_trouble() {
  if (std::exchange(told_trouble_, true))
    return;
  if (const auto trouble = channel_->report().trouble; !trouble.empty())
    context_.report(severity::error, "link broken", "link " + settings_.name + ": " + trouble);
}

void lane_sender::enqueue(const sample& frame, stamp since, recorder& by) {
  std::call_once(pump_started_, [this] {
    pump_ = start_thread("send " + settings_.name,
                         [this](std::stop_token stop) { pump(std::move(stop)); });
  });
  behind_.fetch_add(1, std::memory_order_acq_rel);
  auto pushed = queue_.push({frame, since});
  if (!pushed.dropped)
    return;
  behind_.fetch_sub(1, std::memory_order_acq_rel);
  if (pushed.closed)
    return; // the run is over: the sample is unfinished, which is what its missing end says
  counters_.dropped.fetch_add(1, std::memory_order_relaxed);
  end_sample(by, *context_.watcher, pushed.dropped->frame.header, settings_.lane, outcome::dropped,
             context_.clock->now());
}

void lane_sender::pump(std::stop_token stop) {
  auto& records = context_.records->add(context_.node, context_.clock_number);
  while (auto next = queue_.pop()) {
    while (!stop.stop_requested()) {
      while (!claim())
        claimed_.wait(true, std::memory_order_acquire);
      const auto attempt = hand_over(next->frame, records);
      if (attempt.status == send_status::would_block)
        (void)channel_->wait_writable(std::chrono::milliseconds{20});
      unclaim();
      if (attempt.status != send_status::would_block) {
        records.span(next->frame.header, settings_.lane, step::send_queue, next->since, attempt.at);
        break;
      }
    }
    behind_.fetch_sub(1, std::memory_order_acq_rel);
  }
}

void lane_sender::finish(stamp deadline) {
  if (finished_.exchange(true))
    return; // closing the channel again would cut short what is still leaving
  queue_.close();
  std::call_once(pump_started_, [] {}); // none is started any more
  if (pump_.joinable()) {
    while (waiting() > 0 && clock::machine_now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    pump_.request_stop();
    pump_.join();
  }
  while (!claim()) // a stage that did not come to rest may be sending
    claimed_.wait(true, std::memory_order_acquire);
  const auto left = deadline - clock::machine_now();
  channel_->close(left > duration{0} ? left : duration{0});
  unclaim();
}

} // namespace peernet

// SPDX-License-Identifier: MIT
#include "transports/link_receiver.hpp"

#include "runtime/core/thread.hpp"
#include "transports/wire.hpp"

namespace peernet {

namespace {

/// How long a receiving thread waits before it looks around; `stop` wakes it earlier.
constexpr duration patience = std::chrono::milliseconds{200};

} // namespace

link_receiver::link_receiver(settings s, node_context context, const plan& whole,
                             const std::vector<std::uint32_t>& lanes,
                             std::unique_ptr<receive_end> channel, inlet& target)
    : settings_(std::move(s)),
      context_(context),
      plan_(whole),
      channel_(std::move(channel)),
      target_(target),
      codec_(codec_tag(settings_.codec)) {
  for (const auto number : lanes) {
    const auto& lane = plan_.lanes[number];
    if (index_.size() <= lane.copy)
      index_.resize(lane.copy + 1u, elsewhere);
    index_[lane.copy] = static_cast<std::uint32_t>(arrivals_.size());
    arrivals_.push_back({.lane = lane.copy, .frames = {}, .bytes = 0});
    senders_.push_back(plan_.instances[lane.from].node);
  }
}

link_receiver::~link_receiver() {
  stop();
}

void link_receiver::start() {
  if (thread_.joinable())
    return;
  thread_ = start_thread("recv " + settings_.name,
                         [this](std::stop_token stop) { run(std::move(stop)); });
}

void link_receiver::stop() {
  if (!thread_.joinable())
    return;
  thread_.request_stop();
  channel_->stop();
  target_.stop_blocking(); // it may be waiting for room at a stage that is stuck
  thread_.join();
}

void link_receiver::run(std::stop_token stop) {
  auto& records = context_.records->add(context_.node, context_.clock_number);
  while (!stop.stop_requested()) {
    auto arrived = channel_->receive(*context_.clock, patience);
    if (!arrived) {
      if (arrived.error().code == errc::closed)
        return;
      count_stray(arrived.error().code);
    } else if (*arrived) {
      accept(std::move(**arrived), records);
    }
  }
}

void link_receiver::count_stray(errc why) noexcept {
  auto& counter = why == errc::refused ? strays_.foreign : strays_.corrupt;
  counter.fetch_add(1, std::memory_order_relaxed);
}

lane_arrivals* link_receiver::lane_of(const wire_header& h) noexcept {
  // A frame names its link, lane, route and sensor; only a frame in which they fit together is
  // ours.
  if (h.link != settings_.link || h.codec != codec_ || h.route >= plan_.routes.size())
    return nullptr;
  const auto& route = plan_.routes[h.route];
  const auto sensor = trace_id{h.trace}.sensor();
  if (route.place != h.link || route.copy != h.lane || sensor >= plan_.sensor_routes.size())
    return nullptr;
  const auto root = plan_.sensor_routes[sensor];
  const auto& first = plan_.instances[plan_.sensors[sensor]];
  if (h.route <= root || h.route >= root + first.routes_below)
    return nullptr;
  const auto place = h.lane < index_.size() ? index_[h.lane] : elsewhere;
  return place == elsewhere ? nullptr : &arrivals_[place];
}

void link_receiver::accept(incoming_frame&& frame, recorder& by) {
  const auto header =
      read_header(frame.header, frame.body.size(), settings_.max_frame, context_.run);
  if (!header) {
    count_stray(header.error().code);
    return;
  }
  if (!checksum_holds(*header, frame.body)) {
    strays_.corrupt.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  auto* lane = lane_of(*header);
  if (!lane) {
    strays_.foreign.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  lane->bytes += frame.header.size() + frame.body.size();
  if (lane->frames.note(header->sequence) == sequence_tracker::verdict::duplicate) {
    received_.fetch_add(1, std::memory_order_relaxed);
    return;
  }

  sample s{.header = sample_header_of(*header),
           .body = payload(format_of(*header), frame.body, std::move(frame.owner))};
  const auto from = senders_[static_cast<std::size_t>(lane - arrivals_.data())];
  const auto arrived = frame.in_kernel.value_or(frame.received);
  by.span_from(s.header, lane->lane, step::link, from, header->clock,
               stamp_from_ns(header->sent_ns), arrived);
  if (frame.in_kernel)
    by.span(s.header, lane->lane, step::wake, *frame.in_kernel, frame.received);
  const auto now = context_.clock->now();
  by.span(s.header, lane->lane, step::dispatch, frame.received, now);
  s.header.route += 1; // from the lane to the stage it leads to
  target_.deliver(std::move(s), settings_.input, now, by);
  // Only now: until a frame counts as received it counts as under way, and its sample in the queue.
  received_.fetch_add(1, std::memory_order_relaxed);
}

} // namespace peernet

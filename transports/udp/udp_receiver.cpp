// SPDX-License-Identifier: MIT
#include "transports/udp/udp_receiver.hpp"

#include "runtime/core/thread.hpp"
#include "runtime/core/units.hpp"

#include <algorithm>
#include <array>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace peernet {

namespace {

/// The kernel has room for so many frames at most, whatever the queue: it is memory, too.
constexpr std::size_t most_buffered = 8;

} // namespace

result<std::unique_ptr<udp_receive_end>> udp_receive_end::bind(const channel_settings& settings) {
  const auto options = udp_options::of(settings);
  const udp_cut cut{options.datagram, !settings.key.empty()};
  const auto frames = std::clamp<std::size_t>(settings.queue, 1, most_buffered);
  auto socket = udp_receive_socket::bind(settings.bind_address, settings.ports, options.datagram,
                                         udp_buffer(cut, options.max_sample, frames));
  if (!socket)
    return std::move(socket).error();
  std::unique_ptr<udp_receive_end> end(new udp_receive_end(settings, *std::move(socket)));
  if (end->wake_.get() < 0)
    return error{errc::io, "no file descriptor is left for the link " + settings.name};
  end->greeter_ = start_thread("greet " + settings.name, [e = end.get()](auto) { e->greet(); });
  return end;
}

udp_receive_end::udp_receive_end(const channel_settings& settings, udp_receive_socket socket)
    : options_(udp_options::of(settings)),
      sealed_(!settings.key.empty()),
      name_(settings.name),
      socket_(std::move(socket)),
      intake_({.key = settings.key,
               .run = settings.run,
               .max_body = options_.max_sample,
               .reassembly = options_.reassembly}),
      where_(socket_.where()),
      arrivals_(read_wall()),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

udp_receive_end::~udp_receive_end() {
  end_greeting();
}

/// Until somebody receives, or there is something to receive.
void udp_receive_end::greet() {
  std::array<pollfd, 2> items{pollfd{socket_.fd(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  while (!greeted_with_ && !stopped_) {
    if (::poll(items.data(), items.size(), -1) < 0)
      continue;
    if (items[1].revents != 0)
      return;
    take(duration{0});
    while (next_ < taken_ && !greeted_with_ && !stopped_) // a stop looks like an empty datagram
      if (auto frame = next())
        greeted_with_ = *std::move(frame);
  }
}

void udp_receive_end::end_greeting() noexcept {
  if (!greeter_.joinable())
    return;
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
  greeter_.join();
}

result<std::optional<incoming_frame>> udp_receive_end::receive(const clock& clock,
                                                               duration patience) {
  if (greeter_.joinable())
    end_greeting();
  const auto until = clock::machine_now() + patience;
  for (;;) {
    if (stopped_) {
      intake_.clear();
      return error{errc::closed, "the receiving end was stopped"};
    }
    if (greeted_with_)
      return std::optional{stamped(*std::exchange(greeted_with_, {}), clock)};
    while (next_ < taken_) {
      auto frame = next();
      if (!frame)
        return std::move(frame).error();
      if (*frame)
        return std::optional{stamped(**std::move(frame), clock)};
    }
    if (taken_at_ >= until) // it has looked, and seen nothing but greetings and parts
      return std::optional<incoming_frame>{};
    take(patience);
    if (taken_ == 0 && !stopped_) {
      intake_.expire(taken_at_);
      return std::optional<incoming_frame>{};
    }
  }
}

void udp_receive_end::take(duration patience) {
  next_ = 0;
  taken_ = socket_.take(patience);
  taken_at_ = clock::machine_now();
  if (taken_ == 0)
    return;
  wall_ = read_wall();
}

/// Reads the next datagram of the batch; the frame that it completes.
result<std::optional<whole_frame>> udp_receive_end::next() {
  const auto i = next_++;
  auto& datagram = socket_.bytes(i);
  const auto size = datagram.size();
  auto got = socket_.cut_short(i) ? result<udp_intake::taken>(error{
                                        errc::corrupt, "a datagram that is longer than the link's"})
                                  : intake_.take(datagram, taken_at_);
  if (const bool greeting = got && !got->answer.empty(); !greeting) { // those measure nothing
    packets_.fetch_add(1, std::memory_order_relaxed);
    bytes_.fetch_add(size, std::memory_order_relaxed);
  }
  if (!got)
    return std::move(got).error();
  if (!got->answer.empty())
    socket_.answer(i, got->answer);
  return std::move(got->frame);
}

/// With the times of the datagram that completed it.
incoming_frame udp_receive_end::stamped(whole_frame frame, const clock& by) noexcept {
  incoming_frame in{.header = frame.header,
                    .body = frame.body,
                    .owner = std::move(frame.owner),
                    .received = by.from_machine(taken_at_),
                    .in_kernel = std::nullopt};
  const auto arrival = arrivals_.arrival_of(socket_.wall_ns(next_ - 1), wall_);
  if (arrival.by_kernel)
    in.in_kernel = std::min(by.from_machine(arrival.at), in.received);
  return in;
}

void udp_receive_end::stop() noexcept {
  stopped_ = true;
  socket_.interrupt();
}

channel_report udp_receive_end::report() const {
  channel_report r;
  r.bytes = bytes_.load(std::memory_order_relaxed);
  r.counts = {{"packets", packets_.load(std::memory_order_relaxed)}};
  intake_.count_into(r.counts);
  r.counts.push_back({"overflow", socket_.dropped()});
  const auto needed = udp_buffer({options_.datagram, sealed_}, options_.max_sample, 1);
  if (socket_.memory() < needed)
    r.trouble = "the kernel gives " + where_.address + " a receive buffer of " +
                show_size(static_cast<double>(socket_.memory())) + ", and a sample of " +
                show_size(static_cast<double>(options_.max_sample)) + " comes as " +
                show_size(static_cast<double>(needed)) +
                " at once: what does not fit is lost; sysctl -w net.core.rmem_max=" +
                std::to_string(needed) + ", or set links." + name_ + ".transport.max-sample lower";
  return r;
}

} // namespace peernet

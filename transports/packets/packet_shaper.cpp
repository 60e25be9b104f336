// SPDX-License-Identifier: MIT
#include "transports/packets/packet_shaper.hpp"

#include "runtime/core/clock.hpp"
#include "runtime/core/thread.hpp"
#include "transports/impairment/delay_line.hpp"

#include <algorithm>
#include <array>
#include <poll.h>
#include <stop_token>
#include <utility>

namespace peernet {

namespace {

/// Packets taken in one go, before those that are due are looked at again.
constexpr int most_at_once = 32;

/// Takes in what has been sent. Whether there may be more.
bool take_in(const tun_device& from, packet_path& path) noexcept {
  for (int i = 0; i < most_at_once; ++i) {
    const auto bytes = from.read(path.room());
    if (bytes == 0)
      return false;
    path.enter(bytes, clock::machine_now());
  }
  return true;
}

void let_out(packet_path& path, const tun_device& to) noexcept {
  for (auto due = path.next_due(); due && *due <= clock::machine_now(); due = path.next_due()) {
    const auto now = clock::machine_now();
    path.pop(to.write(path.next()), now);
  }
}

} // namespace

packet_shaper::packet_shaper(ends devices, const std::string& link, emulation forth, emulation back)
    : devices_(std::move(devices)),
      spin_(forth.what.spin || back.what.spin),
      forth_(std::move(forth), link, 0),
      back_(std::move(back), link, 1),
      thread_(start_thread("shape " + link, [this](const std::stop_token& stop) { run(stop); })) {}

void packet_shaper::run(const std::stop_token& stop) {
  const std::stop_callback at_stop(stop, [this] { bell_.ring(); });
  std::array<pollfd, 3> awaited{
      {{devices_.from.fd(), POLLIN, 0}, {devices_.to.fd(), POLLIN, 0}, {bell_.fd(), POLLIN, 0}}};
  while (!stop.stop_requested()) {
    const auto more_forth = take_in(devices_.from, forth_);
    const auto more_back = take_in(devices_.to, back_);
    let_out(forth_, devices_.to);
    let_out(back_, devices_.from);
    if (more_forth || more_back)
      continue;
    const auto never = stamp::max();
    const auto due = std::min(forth_.next_due().value_or(never), back_.next_due().value_or(never));
    timespec wait{};
    if (due != never) {
      const auto asleep =
          due - clock::machine_now() - (spin_ ? delay_line::spin_margin : duration{0});
      const auto ns = std::max<std::int64_t>(to_ns(asleep), 0);
      wait = {.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
    }
    ::ppoll(awaited.data(), awaited.size(), due == never ? nullptr : &wait, nullptr);
  }
}

} // namespace peernet

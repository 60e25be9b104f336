// SPDX-License-Identifier: MIT
#include "transports/packets/packet_shaper.hpp"

#include "runtime/core/clock.hpp"
#include "runtime/core/thread.hpp"
#include "transports/impairment/delay_line.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <poll.h>
#include <stop_token>
#include <utility>

namespace peernet {

namespace {

/// Packets taken in one go, before those that are due are looked at again.
constexpr int most_at_once = 32;

/// The ports of a UDP datagram over IPv4, its sender's in the upper half; 0 of anything else.
std::uint32_t ports_of(std::span<const std::byte> packet) noexcept {
  constexpr std::size_t protocol_at = 9, shortest = 20;
  constexpr std::byte udp{17};
  if (packet.size() < shortest || packet[0] >> 4 != std::byte{4} || packet[protocol_at] != udp)
    return 0;
  const auto begin = std::to_integer<std::size_t>(packet[0] & std::byte{15}) * 4;
  std::uint32_t ports = 0;
  for (std::size_t i = begin; i < begin + 4; ++i)
    ports = i < packet.size() ? ports << 8 | std::to_integer<std::uint32_t>(packet[i]) : 0;
  return ports;
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

/// Takes in what has been sent. Whether there may be more.
bool packet_shaper::take_in(const tun_device& from, packet_path& path) const noexcept {
  for (int i = 0; i < most_at_once; ++i) {
    const auto bytes = from.read(path.room());
    if (bytes == 0)
      return false;
    const auto now = clock::machine_now();
    const auto ports = ports_of(path.room().first(bytes));
    const auto probes = probe_ports_.load(std::memory_order_relaxed);
    path.enter(bytes, now, ports != 0 && (ports == probes || std::rotl(ports, 16) == probes));
  }
  return true;
}

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

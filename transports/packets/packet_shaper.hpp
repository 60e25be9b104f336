// SPDX-License-Identifier: MIT
// The thread between two TUN devices: reads the packets of each, and lets them arrive at the other
// when they are due, if at all.
#pragma once

#include "transports/packets/packet_path.hpp"
#include "transports/packets/tun_device.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace peernet {

/// One link's. Its thread is called `shape LINK`. With `spin` in one direction it waits for the
/// last moments before a packet is due busily (delay_line::spin_margin), which costs up to a core.
/// Packets that are under way at the end get lost with it.
class packet_shaper {
public:
  struct ends {
    tun_device from, to; ///< of the nodes that the link leads from and to
  };

  /// `forth`: what happens from `from` to `to`. `back`: on the way back.
  packet_shaper(ends devices, const std::string& link, emulation forth, emulation back);

  /// The ports on which the two ends ask and answer clock probes: from now on these datagrams are
  /// counted apart. Thread: any.
  void tell_probes(std::uint16_t from, std::uint16_t to) noexcept {
    probe_ports_.store(std::uint32_t{from} << 16 | to, std::memory_order_relaxed);
  }

  /// Thread: any.
  [[nodiscard]] path_counts forth() const { return forth_.counts(); }
  [[nodiscard]] path_counts back() const { return back_.counts(); }

private:
  void run(const std::stop_token& stop);
  bool take_in(const tun_device& from, packet_path& path) const noexcept;

  const ends devices_;
  const bool spin_;
  packet_path forth_;
  packet_path back_;
  std::atomic<std::uint32_t> probe_ports_{0}; ///< 0: not known
  const doorbell bell_;
  std::jthread thread_; ///< last: uses all of the above
};

} // namespace peernet

// SPDX-License-Identifier: MIT
// The receiving socket of `udp`: many datagrams a system call, and the kernel's receive stamps.
#pragma once

#include "runtime/core/buffer.hpp"
#include "runtime/core/time.hpp"
#include "runtime/plugin/channel.hpp"
#include "transports/udp/udp_socket.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace peernet {

/// Takes datagrams from everybody. Thread: `take` and what it filled by one at a time; `interrupt`
/// and `dropped` by any.
class udp_receive_socket {
public:
  /// Bound to one address of this machine. `datagram`: the largest that is wanted whole, bytes;
  /// `memory`: asked for as SO_RCVBUF. errc::io with the address, errc::not_found for what is none.
  [[nodiscard]] static result<udp_receive_socket> bind(const std::string& address, port_range ports,
                                                       std::size_t datagram, std::size_t memory);

  udp_receive_socket(udp_receive_socket&&) noexcept;
  udp_receive_socket& operator=(udp_receive_socket&&) = delete;
  ~udp_receive_socket();

  [[nodiscard]] endpoint where() const;
  /// What the kernel granted, in the unit of SO_RCVBUF, bytes.
  [[nodiscard]] std::size_t memory() const noexcept { return memory_; }

  /// Waits for datagrams, at most `patience`, and takes all that are there, up to a batch; how
  /// many. They stay until the next call. No allocation in the steady state.
  [[nodiscard]] std::size_t take(duration patience);

  /// Number `i` of the datagrams taken: its bytes, which the caller may take out; not to be asked
  /// for after that.
  [[nodiscard]] buffer& bytes(std::size_t i) noexcept;
  /// It was longer than the socket's largest: what is there is its beginning.
  [[nodiscard]] bool cut_short(std::size_t i) const noexcept;
  /// When the kernel had it, by the wall clock; nothing if it does not say.
  [[nodiscard]] std::optional<std::int64_t> wall_ns(std::size_t i) const noexcept;
  /// Sends `answer` to where datagram `i` came from; what cannot leave is dropped.
  void answer(std::size_t i, std::span<const std::byte> answer) noexcept;

  /// Ends a waiting `take` and makes all later ones return at once.
  void interrupt() noexcept;

  /// Datagrams that the kernel threw away because nobody took them in time.
  [[nodiscard]] std::uint64_t dropped() const noexcept;

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

private:
  struct batch;

  udp_receive_socket(descriptor fd, std::size_t datagram);

  descriptor fd_;
  std::size_t memory_ = 0;
  duration timeout_ = duration::max(); ///< what SO_RCVTIMEO says
  std::unique_ptr<batch> batch_;
};

} // namespace peernet

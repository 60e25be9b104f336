// SPDX-License-Identifier: MIT
// A channel is how bytes cross a link, without an actor in sight: one receiving end, bound by the
// node that receives, and any number of sending ends that connect to it.
#pragma once

#include "runtime/config/options.hpp"
#include "runtime/core/clock.hpp"
#include "runtime/core/error.hpp"
#include "runtime/core/ids.hpp"
#include "runtime/core/payload.hpp"
#include "runtime/core/port_range.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace peernet {

/// Where a receiving end can be reached.
struct endpoint {
  node_id node = 0;    ///< filled in by the node that bound it
  std::string network; ///< which of the node's networks; empty: the default one
  std::string address; ///< an IP address, or a path for transports of one machine
  std::uint16_t port = 0;
};

inline constexpr std::size_t channel_key_bytes = 32;

/// What both ends of a channel are told when they are opened.
struct channel_settings {
  std::string bind_address =
      "127.0.0.1";           ///< receiving end; never a wildcard unless the node says so
  port_range ports;          ///< receiving end: takes the first of these that is free
  std::string socket_folder; ///< mode 0700, for transports that are reached by a path
  /// Known to this channel's ends and to nobody else: `channel_key_bytes` to encrypt and
  /// authenticate all frames with, both ends alike. Empty: frames go in the clear. What cannot
  /// leave the machine, or is encrypted anyway, may ignore it; a channel that can leave it and
  /// cannot encrypt refuses a key with errc::unsupported.
  std::string key;
  std::size_t queue = 8;              ///< frames the channel itself may hold on each side
  std::size_t max_frame = 256u << 20; ///< larger frames are refused before memory is taken, bytes
  std::uint64_t run = 0; ///< number of the run in wire headers, for channels that look at them
  std::string name;      ///< the link's, for messages and thread names
  options own;           ///< the transport's own keys, as the catalogue declares them
};

/// A figure that only this kind of channel has: "packets", "incomplete", "reconnects". Counts from
/// the end's beginning. The name is one word, constant, and the same for all its channels.
struct channel_count {
  std::string_view name;
  std::uint64_t count = 0;
};

/// What an end has to tell beyond frames.
struct channel_report {
  /// All that it handed to the system or took from it, its own headers and seals included; nothing
  /// if it adds none or does not know.
  std::optional<std::uint64_t> bytes;
  std::vector<channel_count> counts;
  /// What keeps this end from doing well although it works, or why it cannot work; empty if all is
  /// well. One line for the user, with the remedy.
  std::string trouble;
};

/// One frame as it leaves: the wire header, then the body. The body may be referenced, not copied,
/// until the channel is done with it.
struct outgoing_frame {
  std::span<const std::byte> header; ///< copied by the call
  const payload* body = nullptr;
};

/// One frame as it came in.
struct incoming_frame {
  std::span<const std::byte> header; ///< inside `owner`
  std::span<const std::byte> body;   ///< inside `owner`
  storage_ref owner;
  stamp received{};               ///< when it was taken from the socket, by the node's clock
  std::optional<stamp> in_kernel; ///< when the kernel had it, where the channel can tell
};

enum class send_status : std::uint8_t {
  sent,        ///< the channel has it
  would_block, ///< no room just now; nothing was taken
  closed,      ///< there is no connection, or the channel was closed; nothing was taken, and the
               ///< frame is lost. A channel that connects again may take the next one.
  too_large,   ///< the channel can never take this frame; nothing was taken, `limit` says why
};

/// The sending end. Nothing in it throws. Thread: one at a time; handing it to another thread needs
/// a happens-before.
class send_end {
public:
  virtual ~send_end() = default;

  /// Hands one frame over without waiting. No allocation in the steady state.
  [[nodiscard]] virtual send_status try_send(const outgoing_frame& frame) = 0;

  /// Waits until `try_send` may succeed, at most `patience`. False: it did not become writable.
  [[nodiscard]] virtual bool wait_writable(duration patience) = 0;

  /// Waits until everything handed over has left this process, at most `patience`; then closes.
  /// Frames that did not leave are lost, and the link's reconciliation will find them.
  virtual void close(duration patience) noexcept = 0;

  /// True once a connection stands. Senders connect before a run starts. It may take that somebody
  /// is in the other end's `receive`.
  [[nodiscard]] virtual bool connected() = 0;

  /// What a frame that is too large does not fit into, and the remedy, for people. Thread: any.
  [[nodiscard]] virtual std::string limit() const { return {}; }

  /// What broke the connection, for people, once for each time: "10.0.0.5:7447: Connection reset by
  /// peer". Nothing from channels that do not know. Thread: as `try_send`.
  [[nodiscard]] virtual std::optional<std::string> outage() { return std::nullopt; }

  /// Thread: any.
  [[nodiscard]] virtual channel_report report() const { return {}; }
};

/// The receiving end. Nothing in it throws. Thread: `receive` by one thread; `stop` by any.
class receive_end {
public:
  virtual ~receive_end() = default;

  /// Where senders must connect to.
  [[nodiscard]] virtual endpoint where() const = 0;

  /// Waits for a frame, at most `patience`; nothing on time-out or stop. Its `received` is stamped
  /// with `clock` directly behind the call that took it from the socket. errc::corrupt for a
  /// message that is no frame, errc::refused for one of a stranger (counted, and the next call goes
  /// on); errc::closed after `stop` or when nothing can come any more. A channel without
  /// connections may from the first call on answer senders that connect within this call only.
  [[nodiscard]] virtual result<std::optional<incoming_frame>> receive(const clock& clock,
                                                                      duration patience) = 0;

  /// Makes a waiting `receive` return soon. Thread: any.
  virtual void stop() noexcept = 0;

  /// Thread: any.
  [[nodiscard]] virtual channel_report report() const { return {}; }
};

/// A transport: makes both ends. An exception counts as errc::internal with its text. Thread: any.
class channel_kind {
public:
  virtual ~channel_kind() = default;

  /// Binds a receiving end on a free port (or path). errc::io with the address; errc::busy with
  /// the range of ports if all are taken.
  [[nodiscard]] virtual result<std::unique_ptr<receive_end>>
  bind(const channel_settings& settings) = 0;

  /// Opens a sending end towards `to`. Returns at once; the connection may stand later.
  [[nodiscard]] virtual result<std::unique_ptr<send_end>> connect(const channel_settings& settings,
                                                                  const endpoint& to) = 0;
};

} // namespace peernet

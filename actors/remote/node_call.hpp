// SPDX-License-Identifier: MIT
// The coordinator's side of a conversation with a machine that plays a node: greet it, ship it what
// it lacks, have it start a worker, and carry the worker's own conversation until its end.
#pragma once

#include "actors/remote/control_pump.hpp"
#include "actors/remote/dial.hpp"
#include "actors/remote/messages.hpp"

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace peernet {

/// A file to ship: what it is called there, and where it lies here.
struct file_to_ship {
  shipped_entry entry;
  std::filesystem::path here;
};

/// How far the shipping is, in bytes.
struct shipping_progress {
  std::uint64_t done = 0, all = 0;
};

/// Thread: one at a time; steps in the order in which they stand here.
class node_call {
public:
  struct settings {
    std::string node;               ///< its name in the scenario, for messages
    machine_facts own;              ///< of the coordinator's machine
    std::filesystem::path outputs;  ///< what its sinks write comes here; empty: nowhere
    std::vector<std::string> sinks; ///< the node's: the folders there that its files may go to
    const std::atomic<int>* interrupts = nullptr; ///< above 0: give up
  };

  /// Connects with a machine that waits, at "host:port". Errors name node and address:
  /// errc::timeout, errc::not_found (no such name), errc::absent (nobody listens), errc::untrusted,
  /// errc::unencrypted, errc::other_version, …
  [[nodiscard]] static result<std::unique_ptr<node_call>> to(settings s, const std::string& host,
                                                             std::uint16_t port,
                                                             const stream_security& security,
                                                             duration patience);

  /// Takes over the stream of a machine that came by itself; `theirs` is how it greeted.
  [[nodiscard]] static result<std::unique_ptr<node_call>>
  with(settings s, framed_stream stream, const greeting& theirs, duration patience);

  ~node_call();

  [[nodiscard]] const machine_facts& facts() const noexcept { return facts_; }
  [[nodiscard]] const socket_address& ours() const noexcept { return ours_; }
  [[nodiscard]] const socket_address& theirs() const noexcept { return theirs_; }
  [[nodiscard]] std::uint32_t path_mtu() const noexcept { return path_mtu_; }

  /// Takes the machine for this run and sends it the files it lacks. errc::refused with its reason
  /// (busy, too much), errc::timeout, errc::closed.
  [[nodiscard]] result<void> prepare(const std::string& run, const std::vector<file_to_ship>& files,
                                     const std::function<void(shipping_progress)>& on_progress);

  /// Keeps the prepared machine for this run a while longer: for when other machines are not ready
  /// yet. A machine that hears nothing for 20 s is free again. Errors as of prepare().
  [[nodiscard]] result<void> still_here();

  /// Has the worker started: the descriptor of a local stream socket to attach CAF to.
  [[nodiscard]] result<int> start();

  /// The run's work folder there, once started.
  [[nodiscard]] const std::string& folder() const noexcept { return folder_; }

  /// How the worker ended, when that is known: "exit code 0", "killed by signal 9 (Killed)", "the
  /// connection broke: …". Waits at most until `deadline`.
  [[nodiscard]] std::optional<std::string> wait_end(stamp deadline);

  /// Waits until all that the node's sinks wrote is here; gives up when nothing has come for
  /// `patience`. False: then, or if the connection broke before the worker ended.
  bool wait_files(duration patience);

  /// Files of sinks that could not be brought here, with the reasons.
  [[nodiscard]] std::vector<std::string> problems();

private:
  explicit node_call(settings s, framed_stream stream);

  [[nodiscard]] error about(error e) const;
  [[nodiscard]] wait_limit within(duration patience) const;
  [[nodiscard]] result<remote_message> hear(duration patience);
  [[nodiscard]] result<void> say(const remote_message& m, duration patience);
  template <class Message>
  [[nodiscard]] result<Message> expect(duration patience);
  [[nodiscard]] result<void> accept(machine_facts theirs);
  [[nodiscard]] result<void> ship(const file_to_ship& file, shipping_progress& so_far,
                                  const std::function<void(shipping_progress)>& on_progress);
  void on_message(const std::string& text);
  void on_piece(std::span<const std::byte> piece);
  void on_end(const std::string& why);
  void drop_file(const std::string& why);
  void not_kept(const std::string& why);

  const settings settings_;
  std::optional<framed_stream> stream_; ///< until the pump has it
  socket_address ours_, theirs_;
  std::uint32_t path_mtu_ = 0;
  machine_facts facts_;
  std::string folder_;
  std::uint64_t received_ = 0; ///< announced bytes of sinks' files; the pump's thread

  struct inbox;
  std::shared_ptr<inbox> inbox_; ///< shared with the pump's thread
  std::unique_ptr<control_pump> pump_;
};

} // namespace peernet

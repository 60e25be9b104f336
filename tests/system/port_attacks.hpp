// SPDX-License-Identifier: MIT
// Who comes to a daemon's port and means no good: strangers, who have no certificate that it knows,
// and a coordinator that it trusts and that says what no coordinator says.
#pragma once

#include "actors/remote/frames.hpp"
#include "actors/remote/messages.hpp"
#include "tests/support/lone_daemon.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace peernet {

using random_source = std::mt19937;

/// As many random bytes.
[[nodiscard]] std::string noise(random_source& random, std::size_t bytes);

/// Strangers at one port. What is opened here is closed with it. Thread: one at a time.
class strangers {
public:
  explicit strangers(const lone_daemon& daemon) : daemon_(daemon), random_(1) {}
  strangers(const strangers&) = delete;
  strangers& operator=(const strangers&) = delete;
  ~strangers();

  void stay_silent(int count);    ///< connect, say nothing and stay
  void babble(int count);         ///< random bytes, then gone: in order, or with a reset
  void begin_and_stay(int count); ///< the first message of a handshake, whole, and no more
  void creep(int count);          ///< begin a handshake by one byte…
  void creep_on();                ///< … and one more, all of them
  /// A handshake to its end with this certificate, or none. True: the port let it in.
  [[nodiscard]] bool shows(const identity* certificate);

private:
  int knock();

  const lone_daemon& daemon_;
  random_source random_;
  std::vector<int> kept_;
  std::vector<int> creeping_;
  std::size_t crept_ = 0;
};

/// A coordinator that the daemon trusts. Thread: one at a time.
class hostile_coordinator {
public:
  explicit hostile_coordinator(const lone_daemon& daemon);

  // What the daemon does not take any more is dropped.
  void write(std::string_view bytes); ///< within TLS, no frame
  void send(frame_type type, std::string_view body);
  void say(const remote_message& m) { send(frame_type::message, encode(m)); }

  /// The next message; nothing: the daemon has ended the conversation. What a worker says is
  /// passed over.
  [[nodiscard]] std::optional<remote_message> hear();
  template <class Message>
  [[nodiscard]] Message hear_one() {
    auto m = hear();
    auto* wanted = m ? std::get_if<Message>(&*m) : nullptr;
    if (!wanted)
      fail("another message came, or none");
    return std::move(*wanted);
  }
  machine_facts greet();
  /// Its order of files is accepted; what is missing.
  std::vector<std::string> order(std::vector<shipped_entry> files);
  /// From greeting to a worker.
  void start_worker();
  /// Waits until the daemon has ended the conversation; the reason, if it said one.
  std::string hear_end();

private:
  [[noreturn]] static void fail(const std::string& what);

  framed_stream stream_;
};

/// Something hostile to say.
struct hostile_saying {
  std::string name;
  std::function<void(hostile_coordinator&, random_source&)> say;
};

/// What ends a conversation wherever it comes, worker or no worker.
[[nodiscard]] const std::vector<hostile_saying>& no_frames();
/// What ends it as long as there is no worker.
[[nodiscard]] const std::vector<hostile_saying>& no_messages();
/// Texts of 1 MB that are costly to read.
[[nodiscard]] const std::vector<std::string>& costly_texts();

} // namespace peernet

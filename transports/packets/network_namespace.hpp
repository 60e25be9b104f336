// SPDX-License-Identifier: MIT
// A network of its own, as the kernel keeps it for some of its processes: at first with nothing in
// it but a loopback that is down. It has no name, so nothing of it is left behind, however the
// program ends.
#pragma once

#include "runtime/core/error.hpp"
#include "transports/descriptor.hpp"

#include <functional>

namespace peernet {

/// Lives as long as this object, and as a process, thread, socket or device in it.
class network_namespace {
public:
  /// errc::refused: not permitted, or not known to this kernel; the message says what is missing.
  /// errc::io: a limit of the machine is reached.
  [[nodiscard]] static result<network_namespace> make();

  /// The one the calling thread is in.
  [[nodiscard]] static result<network_namespace> current();

  /// Moves the calling thread in, and with it every thread and process it starts from then on.
  [[nodiscard]] result<void> enter() const;

  /// Runs `task` on a thread inside and waits for it: what it opens belongs to the namespace.
  [[nodiscard]] result<void> run_inside(const std::function<result<void>()>& task) const;

  [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }

private:
  explicit network_namespace(peernet::descriptor fd) noexcept : fd_(std::move(fd)) {}
  peernet::descriptor fd_;
};

} // namespace peernet

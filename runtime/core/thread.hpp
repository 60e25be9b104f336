// SPDX-License-Identifier: MIT
// Threads of the measured path carry a name (visible in top, gdb and perf) and sleep precisely.
#pragma once

#include <string>
#include <thread>
#include <utility>

namespace peernet {

/// Names the calling thread (cut to 15 bytes, the kernel's limit) and sets its timer slack to 1 ns,
/// so that an absolute sleep ends when it says.
void prepare_this_thread(const std::string& name) noexcept;

/// Starts a prepared thread that runs `body(std::stop_token)`; joined by the returned object.
template <class Body>
[[nodiscard]] std::jthread start_thread(std::string name, Body body) {
  return std::jthread(
      [name = std::move(name), body = std::move(body)](std::stop_token stop) mutable {
        prepare_this_thread(name);
        body(std::move(stop));
      });
}

} // namespace peernet

// SPDX-License-Identifier: MIT
// The calls of a measured thread into plugin objects, which may take for ever. The thread's owner
// can give up on such a call; should it return later all the same, the thread learns that it must
// not record, count or send anything any more, and what was reported meanwhile stays true.
#pragma once

#include "runtime/plugin/guarded.hpp"

#include <atomic>
#include <optional>
#include <utility>

namespace peernet {

/// Where one thread is: at home, or out in a plugin object. Thread: `go` and `at_home` the measured
/// one; `give_up` any.
class outing {
public:
  /// Calls `call` as `guarded` does. Nothing if the owner gave up, before or meanwhile: the thread
  /// must end without a trace.
  template <class Call>
  [[nodiscard]] auto go(Call&& call) noexcept -> std::optional<decltype(call())> {
    if (!change(place::home, place::out))
      return std::nullopt;
    auto result = guarded(std::forward<Call>(call));
    if (!change(place::out, place::home))
      return std::nullopt;
    return result;
  }

  /// From within `go`: does `work`, which records or counts, unless the owner gave up.
  template <class Work>
  void at_home(Work&& work) {
    if (!change(place::out, place::home))
      return;
    work();
    (void)change(place::home, place::out);
  }

  /// True: the thread is out, and nothing of it will be seen any more.
  [[nodiscard]] bool give_up() noexcept {
    return change(place::out, place::given_up) || now_.load() == place::given_up;
  }

private:
  enum class place : std::uint8_t { home, out, given_up };

  bool change(place from, place to) noexcept {
    return now_.compare_exchange_strong(from, to, std::memory_order_acq_rel,
                                        std::memory_order_acquire);
  }

  std::atomic<place> now_{place::home};
};

} // namespace peernet

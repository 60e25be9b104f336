// SPDX-License-Identifier: MIT
// What can go wrong in a way a caller can meet, and `result<T>` that carries it. Exceptions of
// other libraries are caught in the file that touches the library and become an `error` there.
#pragma once

#include <cassert>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace peernet {

/// Kinds of failure. Numbers are pinned: they cross process borders.
enum class errc : std::uint8_t {
  internal = 1,     ///< a defect of PeerNet itself
  bad_scenario = 2, ///< the scenario or the command line is wrong; nothing was started
  not_found = 3,    ///< a file, device or plugin is not there
  unreadable = 4,   ///< it is there but not what it should be
  timeout = 5,      ///< a deadline passed; the message names whom we waited for
  node_lost = 6,    ///< a node's process or connection ended
  refused = 7,      ///< the other side said no (version, secret, capacity)
  closed = 8,       ///< the channel or queue was closed
  would_block = 9,  ///< the channel cannot take a frame just now
  corrupt = 10,     ///< bytes that fail their checks
  unsupported = 11, ///< valid, but not available in this build or on this machine
  io = 12,          ///< the operating system refused
  too_large = 13,   ///< larger than the stated limit
  // Between machines, so that what helps can be told from the kind alone:
  absent = 14,        ///< nobody listens there
  untrusted = 15,     ///< one side does not know the other's certificate
  unencrypted = 16,   ///< one side encrypts and the other does not
  other_version = 17, ///< the two sides are of different builds
  busy = 18,          ///< somebody else has it: a machine, all ports of a range
};

/// A failure: its kind, and one sentence that names the file, key, node or address and the remedy.
struct error {
  errc code = errc::internal;
  std::string message;
};

/// Either a value or an error; nothing in it throws.
template <class T>
class [[nodiscard]] result {
public:
  using value_type = T;

  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  result(peernet::error e) : state_(std::in_place_index<1>, std::move(e)) {}

  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  /// Only when `ok()`.
  [[nodiscard]] T& value() & { return assert(ok()), *std::get_if<0>(&state_); }
  [[nodiscard]] const T& value() const& { return assert(ok()), *std::get_if<0>(&state_); }
  [[nodiscard]] T value() && { return assert(ok()), std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// Only when not `ok()`.
  [[nodiscard]] const peernet::error& error() const& {
    return assert(!ok()), *std::get_if<1>(&state_);
  }
  [[nodiscard]] peernet::error error() && {
    return assert(!ok()), std::move(*std::get_if<1>(&state_));
  }

private:
  std::variant<T, peernet::error> state_;
};

/// Success without a value, or an error.
template <>
class [[nodiscard]] result<void> {
public:
  using value_type = void;

  result() = default;
  result(peernet::error e) : error_(std::move(e)), ok_(false) {}

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  explicit operator bool() const noexcept { return ok_; }
  [[nodiscard]] const peernet::error& error() const& { return assert(!ok_), error_; }
  [[nodiscard]] peernet::error error() && { return assert(!ok_), std::move(error_); }

private:
  peernet::error error_;
  bool ok_ = true;
};

} // namespace peernet

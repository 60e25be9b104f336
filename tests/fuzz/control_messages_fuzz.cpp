// SPDX-License-Identifier: MIT
// The messages between coordinator and machine: JSON of whoever holds a certificate.
#include "actors/remote/messages.hpp"
#include "tests/fuzz/fuzz_target.hpp"

PEERNET_FUZZ_TARGET(control_messages) {
  using namespace peernet;
  const auto message = decode(text_of(bytes));
  if (!message)
    return;
  const auto again = decode(encode(*message));
  must_hold(again.ok() && *again == *message);
}

// SPDX-License-Identifier: MIT
// Internet addresses as text: which of them stay on this machine, and how one stands before a port.
// Whether what goes there is encrypted hangs on it.
#pragma once

#include <string>

namespace peernet {

/// True for an IP address that no other machine can reach: 127.0.0.0/8, also as IPv6 writes it
/// (::ffff:127.0.0.1), and ::1. False for everything else, names like "localhost" too: who asks
/// protects what leaves the machine, and a name may mean anything. Thread: any.
[[nodiscard]] bool is_loopback(const std::string& address) noexcept;

/// Two ways to write one IP address: "fd00::5" and "FD00:0::5". Texts that are no addresses are the
/// same if they are equal. Thread: any.
[[nodiscard]] bool same_address(const std::string& a, const std::string& b) noexcept;

/// `address` as it stands before a ":port": an IPv6 address in brackets.
[[nodiscard]] std::string bracketed(const std::string& address);

} // namespace peernet

// SPDX-License-Identifier: MIT
// The one thing a stranger may do who was given a token: show a certificate that is trusted from
// then on, and learn the other side's.
#pragma once

#include "actors/remote/frames.hpp"
#include "actors/remote/messages.hpp"
#include "actors/remote/trust.hpp"

#include <filesystem>
#include <string>

namespace peernet {

/// The coordinator's side: connects with the machine at "host:port", proves that it knows the
/// token, and has both trust each other. What the other is called, and its fingerprint. Errors name
/// the address: errc::refused (no invitation, a wrong or used token), errc::timeout, …
[[nodiscard]] result<trusted_peer> pair_with(const std::string& host, std::uint16_t port,
                                             const std::string& token, const identity& self,
                                             const std::filesystem::path& folder,
                                             duration patience);

/// The invited machine's side, with a stream whose certificate nobody knows yet: takes its claim,
/// answers, and trusts it as a coordinator. errc::refused.
[[nodiscard]] result<trusted_peer> answer_pairing(framed_stream& stream, const identity& self,
                                                  const std::filesystem::path& folder,
                                                  duration patience);

/// The same when the claim has been heard already.
[[nodiscard]] result<trusted_peer> answer_pairing(framed_stream& stream, const pairing& claim,
                                                  const identity& self,
                                                  const std::filesystem::path& folder,
                                                  duration patience);

} // namespace peernet

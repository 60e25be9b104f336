// SPDX-License-Identifier: MIT
// Pairing by a one-time token: who knows it and shows a certificate becomes trusted, both ways. The
// token proves itself together with both certificates, so nobody in between can put in his own.
#pragma once

#include "actors/remote/fingerprint.hpp"
#include "runtime/core/time.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace peernet {

/// Invites one coordinator for so long: writes a token's file beside the identity and returns the
/// token, 26 characters of base32 (128 bits) in groups. A later invitation replaces an earlier one.
/// It ends by the wall clock. The file (mode 0600) holds a key derived from the token, which proves
/// as much, but shows nobody what to type. errc::io, errc::internal (no random source).
[[nodiscard]] result<std::string> make_invitation(const std::filesystem::path& folder,
                                                  duration valid);

/// An invitation is open. Read from the file each time.
[[nodiscard]] bool is_inviting(const std::filesystem::path& folder);

/// Checks what a stranger claims, and takes the invitation away if it is right: it works once, even
/// if two come at the same time. Returns the node's own claim, to answer with. errc::refused when
/// it is wrong, used or too old; a wrong claim leaves the invitation. errc::not_found, errc::io.
[[nodiscard]] result<std::string> redeem_invitation(const std::filesystem::path& folder,
                                                    std::string_view claim,
                                                    const fingerprint& coordinator,
                                                    const fingerprint& node);

/// What each side shows the other instead of the token (32 bytes, hexadecimal). `side` is
/// "coordinator" or "node": one's claim is worth nothing to the other. Blanks, dashes and case of
/// the token do not matter. Compare claims with `same_claim`.
[[nodiscard]] std::string pairing_claim(std::string_view token, std::string_view side,
                                        const fingerprint& coordinator, const fingerprint& node);

/// Takes equally long wherever they differ: for the coordinator, when the node answers.
[[nodiscard]] bool same_claim(std::string_view a, std::string_view b) noexcept;

} // namespace peernet
